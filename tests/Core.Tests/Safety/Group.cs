using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;

namespace Core.Tests.Safety;

/// <summary>One machine of the small world.</summary>
sealed class Machine(string id, string name)
{
    public string Id { get; } = id;
    public string Name { get; set; } = name;
    public VmState State { get; set; } = VmState.Running;
    public Verdict? Check { get; set; } = Verdict.Passed;
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal) { [VmMetadata.Installation] = "default" };
    public DateTimeOffset? Created { get; set; }
    public bool IsComplete { get; set; } = true;

    /// <summary>The list lacks it, the IaaS still knows it by its id.</summary>
    public bool IsHidden { get; set; }

    public Vm Vm => new(Id, Name, State, Created) { Metadata = Metadata, IsComplete = IsComplete };
}

/// <summary>
/// A preset, its machines and its memory, cycle by cycle on virtual time: the real planner, brakes and effects, without anything that waits.
/// </summary>
sealed class Group(Preset preset)
{
    readonly List<Machine> _machines = [];
    DateTimeOffset? _lastLook;
    int _made, _intents;

    public Preset Preset { get; set; } = preset;
    public DateTimeOffset Now { get; set; } = Given.Noon;
    public History History { get; set; } = new(Given.Noon);
    public string Scope { get; set; } = "cloud/project";
    public TimeSpan Grace { get; set; } = TimeSpan.Zero;
    public TimeSpan ListAge { get; set; }
    public InstanceFacts Facts { get; set; } = new() { AllMachines = 10_000 };
    public List<Request> Requests { get; } = [];

    /// <summary>The IaaS answers no question by id.</summary>
    public bool FindFails { get; set; }

    /// <summary>What becomes of machines made by <see cref="Act"/>.</summary>
    public Action<Machine> OnCreated { get; set; } = _ => { };

    public Plan Plan { get; private set; } = new() { Present = 0, Next = new History(Given.Noon) };

    public IReadOnlyList<Machine> Machines => _machines;

    public Machine this[Index index] => _machines[index];

    public Machine Add(string? intent = null)
    {
        var machine = new Machine($"vm{++_made}", Preset.Name);
        if (intent is not null) machine.Metadata[VmMetadata.Intent] = intent;
        _machines.Add(machine);
        return machine;
    }

    public void Remove(Machine machine) => _machines.Remove(machine);

    public void All(Action<Machine> change) => _machines.ForEach(change);

    /// <summary>Lets time pass, looks, decides and limits; nothing is acted on.</summary>
    public Plan Look(TimeSpan? after = null)
    {
        Now += after ?? Given.Interval;
        Observation seen = See();
        Plan decided = Planner.Decide(Preset, seen, History, Now);
        Plan = Brakes.Limit(decided, new Situation(Preset, seen, History, Facts, Now));
        History = Plan.Next;
        _lastLook = Now;
        Requests.Clear();
        return Plan;
    }

    public Plan Look(int times)
    {
        for (int i = 0; i < times; i++) Look();
        return Plan;
    }

    /// <summary>Looks, and carries out what is left of the plan; all calls succeed.</summary>
    public Plan Cycle(TimeSpan? after = null)
    {
        Look(after);
        Act(Plan.Steps);
        return Plan;
    }

    public Plan Cycle(int times)
    {
        for (int i = 0; i < times; i++) Cycle();
        return Plan;
    }

    /// <summary>Announces the steps; answers the intents.</summary>
    public string[] Announce(IReadOnlyList<Step> steps)
    {
        string[] intents = [.. Enumerable.Range(0, steps.OfType<Step.Create>().Sum(step => step.Count)).Select(_ => $"intent{++_intents}")];
        History = Effects.Announce(History, steps, intents, Now);
        return intents;
    }

    public void Act(IReadOnlyList<Step> steps)
    {
        string[] intents = Announce(steps);
        foreach (Step.Terminate step in steps.OfType<Step.Terminate>())
        {
            _machines.RemoveAll(machine => machine.Id == step.Vm);
            History = Effects.Ended(History, step, Now);
        }

        foreach (string intent in intents)
        {
            Machine machine = Add(intent);
            machine.Created = Now;
            OnCreated(machine);
            History = Effects.Created(History, intent, machine.Id, Now);
        }
    }

    public Observation See()
    {
        Vm[] vms = [.. _machines.Where(machine => !machine.IsHidden && machine.Name == Preset.Name).Select(machine => machine.Vm)];
        Dictionary<string, Verdict?> checks = _machines.ToDictionary(machine => machine.Id, machine => machine is { State: VmState.Running, IsComplete: true } && Preset.Healthcheck is not null ? machine.Check : null);
        DateTimeOffset begun = Now - ListAge;
        return new Observation(Scope, begun, vms, [.. vms.Select(vm => checks[vm.Id])])
        {
            SinceLastLook = Now - _lastLook,
            Requests = [.. Requests],
            VisibilityGrace = Grace,
            Installation = "default",
            Interval = Given.Interval,
            LookedUp = FindFails ? new Dictionary<string, Vm?>() : Recollection.NeedsLookup(History, vms, begun, Grace).ToDictionary(id => id, id => _machines.Find(machine => machine.Id == id)?.Vm),
        };
    }
}

/// <summary>What befalls machines.</summary>
static class Fate
{
    public static readonly Verdict Bad = new Verdict.Failed("connection refused");
    public static readonly Verdict Unclear = new Verdict.Unknown("no route");

    public static void Fails(this Machine machine) => machine.Check = Bad;

    public static void Passes(this Machine machine) => machine.Check = Verdict.Passed;

    public static void Dies(this Machine machine) => machine.State = VmState.Error;
}
