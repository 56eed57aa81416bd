namespace VmShepherd.Abstractions;

/// <summary>What went wrong, by what has to happen next. Closed list: kinds with the same reaction are not split.</summary>
public enum IaasFailure
{
    /// <summary>Out of reach, or out of order. Next cycle.</summary>
    Unavailable,

    /// <summary>Asked too often. Back off for <see cref="IaasException.RetryAfter"/>.</summary>
    Throttled,

    /// <summary>The IaaS has no room. Stop creating, go on ending, back off.</summary>
    NoCapacity,

    /// <summary>The project has no quota left. Stop creating, go on ending, back off.</summary>
    QuotaReached,

    /// <summary>The request itself is wrong (no such image). Stop creating until the specification changes, or 10 minutes pass.</summary>
    Rejected,

    /// <summary>Credentials are wrong or lack a right. The whole driver instance backs off.</summary>
    Unauthorized,
}

/// <summary>The only exception an <see cref="IIaasDriver"/> lets out, cancellation aside. Never carries user data or secrets.</summary>
/// <param name="failure">What has to happen next.</param>
/// <param name="message">For the operator: what was asked, what the IaaS answered.</param>
/// <param name="inner">The cause, for the debug log.</param>
public sealed class IaasException(IaasFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What has to happen next.</summary>
    public IaasFailure Failure { get; } = failure;

    /// <summary>How long the IaaS asked us to wait; <see langword="null"/> = it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True when the request may have had its effect although the answer is lost. A create then stays in doubt.</summary>
    public bool EffectUnknown { get; init; }

    /// <summary>The id by which the IaaS's own operators find the request in their logs.</summary>
    public string? RequestId { get; init; }
}
