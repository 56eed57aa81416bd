namespace VmShepherd.Abstractions;

/// <summary>A claim: these presets, at most so many, for so long.</summary>
/// <param name="InstanceId">Who claims.</param>
/// <param name="Presets">Names to choose from.</param>
/// <param name="Max">How many at the most; at least 1.</param>
/// <param name="Lease">How long each is held unless completed or renewed before.</param>
public sealed record ClaimRequest(string InstanceId, IReadOnlyCollection<string> Presets, int Max, TimeSpan Lease)
{
    /// <summary>
    /// How long what another instance gave back last is left to that one after it fell due, so that each mostly manages the same presets. Never longer than the time it was due in exceeds
    /// this: so it is managed in time, whoever comes. Requests and leases that ran out are for everybody at once. Default zero: take whatever is due.
    /// </summary>
    public TimeSpan Courtesy { get; init; }
}

/// <summary>The right to manage one preset, until it is completed or has run out by the store's clock.</summary>
/// <param name="Preset">The preset's name.</param>
/// <param name="Token">Higher than that of every earlier claim of this preset.</param>
/// <param name="Duration">How long it was granted for, counted by the store from the moment of the claim.</param>
public sealed record PresetLease(string Preset, LeaseToken Token, TimeSpan Duration)
{
    /// <summary>False when the last holder did not give it back: its calls may still be on their way.</summary>
    public bool CleanHandover { get; init; } = true;

    /// <summary>By the store's clock, since anybody last announced a create or terminate for this preset; <see langword="null"/> = never.</summary>
    public TimeSpan? SinceActed { get; init; }

    /// <summary>By the store's clock, since anybody last completed this preset; <see langword="null"/> = never.</summary>
    public TimeSpan? SinceCompleted { get; init; }

    /// <summary>
    /// By the store's clock, since it may have lost what was stored last, as a failover to an asynchronous replica does; <see langword="null"/> = never.
    /// Whoever held a lease that was lost MUST have stopped acting before this begins.
    /// </summary>
    public TimeSpan? SinceLoss { get; init; }

    /// <summary>
    /// Set by whoever completes: it could not keep the preset as it should, and another may be able to. The store MUST then leave it to nobody (<see cref="ClaimRequest.Courtesy"/>).
    /// </summary>
    public bool Yields { get; init; }

    /// <summary>What was last stored for it; <see langword="null"/> = nothing.</summary>
    public VersionedDocument? State { get; init; }

    /// <summary>Requests left for it, oldest first; completing consumes exactly these.</summary>
    public IReadOnlyList<string> Requests { get; init; } = [];
}

/// <summary>A stored document. To the runtime driver it is bytes.</summary>
/// <param name="Version">Rises with every write.</param>
/// <param name="Content">The bytes as they were given.</param>
/// <param name="Age">By the store's clock, since it was written.</param>
public sealed record VersionedDocument(long Version, ReadOnlyMemory<byte> Content, TimeSpan Age);
