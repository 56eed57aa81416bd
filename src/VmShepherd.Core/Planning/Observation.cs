using VmShepherd.Abstractions;

namespace VmShepherd.Core.Planning;

/// <summary>What one look at a preset showed. Not the truth: an observation, with a time.</summary>
/// <param name="Scope">Where the driver was logged in, before and after the list.</param>
/// <param name="ListBegun">When the list was begun (steady).</param>
/// <param name="Vms">Machines of exactly the preset's name, each id once.</param>
/// <param name="Verdicts">One for each machine, in the same order; null = not checked.</param>
public sealed record Observation(string Scope, DateTimeOffset ListBegun, IReadOnlyList<Vm> Vms, IReadOnlyList<Verdict?> Verdicts)
{
    /// <summary>What looking up by id told of machines that the list lacked: null = the IaaS does not know it. An id that is absent could not be looked up.</summary>
    public IReadOnlyDictionary<string, Vm?> LookedUp { get; init; } = NothingLookedUp;

    /// <summary>How long ago the preset was last looked at; null = never.</summary>
    public TimeSpan? SinceLastLook { get; init; }

    /// <summary>What people asked for since.</summary>
    public IReadOnlyList<Request> Requests { get; init; } = [];

    /// <summary>How long the list may lack a machine after its create.</summary>
    public TimeSpan VisibilityGrace { get; init; }

    /// <summary>Our own installation (G15).</summary>
    public required string Installation { get; init; }

    /// <summary>The preset's effective interval.</summary>
    public required TimeSpan Interval { get; init; }

    static readonly Dictionary<string, Vm?> NothingLookedUp = [];
}
