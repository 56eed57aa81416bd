using System.Collections.Frozen;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>One machine. Times are timestamps of the cloud's monotonic clock; the caller holds the cloud's lock.</summary>
sealed class SimulatedMachine
{
    Vm? _seen;
    bool _seenBooted;

    public required long Number { get; init; }
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Address { get; init; }
    public required DateTimeOffset Created { get; init; }
    public required long BootsAt { get; init; }
    public required long ListedFrom { get; init; }

    /// <summary>How long lists go on showing it after its end.</summary>
    public required long Lingers { get; init; }

    public string? Image { get; init; }
    public string? Flavor { get; init; }
    public FrozenDictionary<string, string> Metadata { get; init; } = FrozenDictionary<string, string>.Empty;
    public IReadOnlyList<string> Tags { get; init; } = [];
    public GuestBehaviour Behaviour { get; private set; }
    public bool Ended { get; private set; }
    public long ListedUntil { get; private set; } = long.MaxValue;

    public string? Intent => Metadata.GetValueOrDefault(VmMetadata.Intent);

    public bool IsListed(long now) => now >= ListedFrom && now < ListedUntil;

    public bool HasBooted(long now) => now >= BootsAt;

    public void Behave(GuestBehaviour behaviour)
    {
        Behaviour = behaviour;
        _seen = null;
    }

    public void End(long now)
    {
        LookAt(now); // what a lagging list goes on showing is the last look
        Ended = true;
        ListedUntil = now + Lingers;
    }

    /// <summary>The same instance until something about it changes: lists of many machines cost no garbage.</summary>
    public Vm LookAt(long now)
    {
        bool booted = HasBooted(now);
        if (_seen is not null && (booted == _seenBooted || Ended)) return _seen;
        _seenBooted = booted;
        return _seen = new Vm(Id, Name, StateWhen(booted), Created)
        {
            Addresses = booted ? [Address] : [],
            Image = Image,
            Flavor = Flavor,
            Metadata = Metadata,
            Tags = Tags,
        };
    }

    VmState StateWhen(bool booted) => Behaviour switch
    {
        GuestBehaviour.Dead => VmState.Terminated,
        GuestBehaviour.Error => VmState.Error,
        _ => booted ? VmState.Running : VmState.Pending,
    };
}
