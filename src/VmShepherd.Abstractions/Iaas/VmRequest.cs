namespace VmShepherd.Abstractions;

/// <summary>What to create.</summary>
/// <param name="Preset">The machine's name: exactly the name of its preset.</param>
/// <param name="IntentId">MUST end up in the machine's metadata (it is in <see cref="Metadata"/> already), and be the idempotency token where the IaaS has one.</param>
/// <param name="Image">Image, by the name the operator knows.</param>
/// <param name="Flavor">Flavor, by the name the operator knows.</param>
public sealed record VmRequest(string Preset, string IntentId, string Image, string Flavor)
{
    /// <summary>Rendered user data, as text; <see langword="null"/> = none. Secret: never in a log, an error or an event.</summary>
    public string? UserData { get; init; }

    /// <summary>Name of the SSH key; <see langword="null"/> = none.</summary>
    public string? KeyName { get; init; }

    /// <summary>Availability zone; <see langword="null"/> = the IaaS chooses.</summary>
    public string? AvailabilityZone { get; init; }

    /// <summary>Security groups, by name or id.</summary>
    public IReadOnlyList<string> SecurityGroups { get; init; } = [];

    /// <summary>Networks, by name or id, in the order of the interfaces.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>Metadata to set: the shepherd's marks, then the preset's tags.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// From this timestamp of <see cref="DriverContext.Time"/> on, the request MUST NOT be sent any more: the lease may be another instance's. <see langword="null"/> = there is no limit.
    /// The call is cancelled then as well; but a process that was frozen may run on before its timers do. So ask the clock, last of all before the first byte leaves, and throw
    /// an <see cref="IaasException"/> without <see cref="IaasException.EffectUnknown"/>.
    /// </summary>
    public long? SendBefore { get; init; }

    /// <summary>Names the machine asked for, and nothing that may be secret.</summary>
    public override string ToString() => $"VmRequest {{ Preset = {Preset}, IntentId = {IntentId}, Image = {Image}, Flavor = {Flavor} }}";
}
