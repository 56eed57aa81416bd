namespace VmShepherd.Abstractions;

/// <summary>A rare power of an IaaS driver: to say beforehand, in words, whether what presets ask for can be had.</summary>
public interface IIaasDoctor
{
    /// <summary>
    /// Looks at the login and at everything that the wishes name. MUST change nothing. MUST NOT throw but for cancellation: what fails is a finding, and what can
    /// still be looked at is looked at.
    /// </summary>
    /// <param name="wishes">What the presets of this driver instance want.</param>
    /// <param name="cancellationToken">Ends the examination.</param>
    Task<IReadOnlyList<Finding>> ExamineAsync(IReadOnlyCollection<Wish> wishes, CancellationToken cancellationToken);
}

/// <summary>What a preset wants of an IaaS.</summary>
/// <param name="Request">One machine, as it would be asked for, without user data.</param>
/// <param name="Count">How many.</param>
public sealed record Wish(VmRequest Request, int Count);

/// <summary>One thing that was looked at.</summary>
/// <param name="IsGood">False: somebody has to change something.</param>
/// <param name="Subject">What was looked at: <c>login</c>, <c>image</c>.</param>
/// <param name="Text">What was found, for the operator. No secrets.</param>
public sealed record Finding(bool IsGood, string Subject, string Text)
{
    /// <summary>The preset that names it; <see langword="null"/> = it concerns all.</summary>
    public string? Preset { get; init; }
}
