namespace VmShepherd.Drivers.Programs;

/// <summary>Why a call into a program has no answer.</summary>
/// <param name="message">For the operator.</param>
/// <param name="wasSent">Whether the program may have got the call.</param>
/// <param name="inner">The cause, for the debug log.</param>
sealed class ProgramException(string message, bool wasSent, Exception? inner = null) : Exception(message, inner)
{
    public bool WasSent { get; } = wasSent;

    /// <summary>What the program itself said of its failure; <see langword="null"/> = it said nothing, or did not live to.</summary>
    public ProgramFailure? Failure { get; init; }
}

/// <summary><c>error.data</c> of an answer.</summary>
/// <param name="Failure">One of <see cref="Abstractions.IaasFailure"/> in snake case, or <c>bad_options</c>.</param>
/// <param name="RetryAfter">Seconds.</param>
/// <param name="EffectUnknown">Whether the call may have had its effect; <see langword="null"/> = it did not say.</param>
/// <param name="RequestId">Of the cloud's own log.</param>
sealed record ProgramFailure(string? Failure, TimeSpan? RetryAfter, bool? EffectUnknown, string? RequestId);
