using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

enum Owner { Ours, Adopted, Foreign }

/// <summary>A machine as it is.</summary>
sealed class Machine(string id, string preset)
{
    public string Id { get; } = id;
    public string Preset { get; } = preset;
    public Owner Owner { get; init; }
    public TimeSpan CreatedAt { get; init; }
    public TimeSpan BootsAt { get; init; }
    public GuestBehaviour Behaviour { get; set; }
    public bool IsGone { get; set; }

    /// <summary>It was dead and runs again by itself: nobody reckoned with it.</summary>
    public bool Revived { get; set; }

    /// <summary>When it was last seen to be dead by the world.</summary>
    public TimeSpan? DeadAt { get; set; }

    /// <summary>The IaaS has announced to shut it down at this time.</summary>
    public TimeSpan? ShutdownAt { get; set; }

    /// <summary>Until then only a part of it is told (<see cref="ObscureState"/>: a strange state).</summary>
    public TimeSpan ObscureUntil { get; set; }
    public TimeSpan ObscureSince { get; set; }
    public bool ObscureState { get; set; }

    public bool HasPassed { get; set; }
    public bool IsGood => Behaviour == GuestBehaviour.Good && ShutdownAt is null && !IsGone;
}

/// <summary>What there really is: kept from the cloud's ledger and the world's own deeds, never from what the shepherd says.</summary>
sealed class Truth(Scenario scenario, VirtualTime time)
{
    readonly Dictionary<string, Machine> _machines = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<Machine>> _existing = new(StringComparer.Ordinal);

    /// <summary>Whose the next machine is that the cloud records without an intent.</summary>
    public Owner NextOwner { get; set; } = Owner.Ours;

    public Machine? Find(string id) => _machines.GetValueOrDefault(id);

    /// <summary>Machines of a name that exist, in whatever state, whoever they belong to.</summary>
    public IReadOnlyList<Machine> Existing(string preset) => _existing.TryGetValue(preset, out List<Machine>? list) ? list : [];

    public IEnumerable<Machine> Ours(string preset) => Existing(preset).Where(machine => machine.Owner != Owner.Foreign);

    public Machine Record(LedgerEntry entry, TimeSpan bootTime)
    {
        Machine machine;
        switch (entry.Op)
        {
            case LedgerOp.Create:
                machine = new Machine(entry.Id, entry.Preset) { Owner = entry.Intent is null ? NextOwner : Owner.Ours, CreatedAt = time.Elapsed, BootsAt = time.Elapsed + bootTime };
                _machines.Add(entry.Id, machine);
                if (!_existing.TryGetValue(entry.Preset, out List<Machine>? list)) _existing.Add(entry.Preset, list = []);
                list.Add(machine);
                return machine;
            case LedgerOp.Terminate:
                machine = _machines[entry.Id];
                machine.IsGone = true;
                _existing[machine.Preset].Remove(machine);
                return machine;
            default:
                machine = _machines[entry.Id];
                if (machine.Behaviour is GuestBehaviour.Dead or GuestBehaviour.Error) (machine.DeadAt, machine.Revived) = (time.Elapsed, true);
                machine.Behaviour = entry.Op switch { LedgerOp.Die => GuestBehaviour.Dead, LedgerOp.Error => GuestBehaviour.Error, LedgerOp.Hang => GuestBehaviour.Hung, _ => GuestBehaviour.Good };
                if (machine.Behaviour is GuestBehaviour.Dead or GuestBehaviour.Error) machine.DeadAt = time.Elapsed;
                return machine;
        }
    }

    /// <summary>Counts by the ceiling: lives, is not about to be shut down, and its build is not overdue (G12: such a one is dead, whatever becomes of it).</summary>
    public bool Counts(Machine machine, TimeSpan creationTimeout) => !machine.IsGone && machine.ShutdownAt is null
        && machine.Behaviour is GuestBehaviour.Good or GuestBehaviour.Hung && !IsStuck(machine, creationTimeout);

    public bool IsStuck(Machine machine, TimeSpan creationTimeout) =>
        machine.BootsAt - machine.CreatedAt > creationTimeout && time.Elapsed - machine.CreatedAt > creationTimeout;

    /// <summary>There although nobody wanted it: adopted, or risen from the dead.</summary>
    public static bool IsSurprise(Machine machine) => machine.Owner == Owner.Adopted || machine.Revived;

    /// <summary>As the IaaS shows it at the moment.</summary>
    public Vm Shown(Vm vm)
    {
        if (Find(vm.Id) is not { } machine) return vm;
        if (time.Elapsed < machine.ObscureUntil) return machine.ObscureState ? vm with { State = VmState.Unknown } : vm with { IsComplete = false };
        return machine.ShutdownAt is { } at && vm.State == VmState.Running
            ? vm with { State = time.Elapsed < at ? VmState.NearbyShutdown : VmState.AfterTimeShutdown, TimedShutdownAt = time.GetUtcNow() + (at - time.Elapsed) }
            : vm;
    }

    public TimeSpan WarmBy(Machine machine) => machine.BootsAt + scenario.WarmUp;
}
