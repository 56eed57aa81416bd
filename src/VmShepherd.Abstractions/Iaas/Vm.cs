namespace VmShepherd.Abstractions;

/// <summary>One machine as the IaaS showed it at one look.</summary>
/// <param name="Id">The id by which the IaaS finds and ends it. Opaque, compared ordinally.</param>
/// <param name="Name">The name as the IaaS has it: the name of the preset it belongs to, compared ordinally.</param>
/// <param name="State">What the IaaS says of it.</param>
/// <param name="Created">When the IaaS says it was created; <see langword="null"/> when it does not say.</param>
public sealed record Vm(string Id, string Name, VmState State, DateTimeOffset? Created)
{
    /// <summary>Addresses without port or brackets, the one to check first. Empty until the machine has one.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The image it was made of, as the IaaS names it; <see langword="null"/> when not told.</summary>
    public string? Image { get; init; }

    /// <summary>The flavor it has, as the IaaS names it; <see langword="null"/> when not told.</summary>
    public string? Flavor { get; init; }

    /// <summary>Metadata as the IaaS holds it, the shepherd's own marks (<see cref="VmMetadata"/>) among it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Tags as the IaaS holds them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>When the IaaS has announced to shut it down; <see langword="null"/> = it has not.</summary>
    public DateTimeOffset? TimedShutdownAt { get; init; }

    /// <summary>False when the IaaS told only a part (a cell is down): such a machine is present and must not be touched.</summary>
    public bool IsComplete { get; init; } = true;
}
