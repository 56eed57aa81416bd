using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

/// <summary>The health check of one incarnation: the machine's truth, unless the checker hangs, lies, throws or is cut off.</summary>
sealed class WiredCheck(World world, Instance instance) : IHealthcheckDriver
{
    /// <summary>The driver's own bound: a machine that is silent for so long has failed.</summary>
    static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    static readonly Verdict.Failed Refused = new("connection refused"), Silent = new("no answer"), Starting = new("503"), Slander = new("500");
    static readonly Verdict.Unknown NoRoute = new("no route");

    public ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        if (!world.Faults.Stormy) return new(Told(vm, Truth(vm)));
        if (world.Scenario.HasPoison && vm.Name == World.PoisonedPreset && world.Faults.Hits(0.05))
        {
            world.Tally.Add("check throws");
            throw new InvalidOperationException("a check driver that breaks its word");
        }

        Verdict verdict = Answer(vm);
        bool slow = verdict == Silent || world.Faults.Lasts(Mischief.SlowChecks);
        return slow ? new(LateAsync(vm, verdict)) : new(Told(vm, verdict));
    }

    async Task<Verdict> LateAsync(Vm vm, Verdict verdict)
    {
        world.Tally.Add("check hangs");
        await Task.Delay(TimeLimit, instance.Time);
        return Told(vm, verdict == Verdict.Passed ? Silent : verdict);
    }

    Verdict Told(Vm vm, Verdict verdict)
    {
        world.Oracle.Told(instance, vm, verdict);
        return verdict;
    }

    Verdict Answer(Vm vm)
    {
        if (world.Faults.Lasts(Mischief.CutOff) && world.Faults.CutOff.Slot == instance.Slot)
        {
            world.Tally.Add(world.Faults.CutOff.Unknown ? "checker cut off: unknown" : "checker cut off: fails");
            return world.Faults.CutOff.Unknown ? NoRoute : Refused;
        }

        if (world.Faults.Lasts(Mischief.Lies) && world.Faults.Slandered.Contains(vm.Id))
        {
            world.Tally.Add("check lies");
            return Slander;
        }

        return Truth(vm);
    }

    Verdict Truth(Vm vm) => world.Truth.Find(vm.Id) switch
    {
        null or { IsGone: true } or { Behaviour: GuestBehaviour.Dead or GuestBehaviour.Error } => Refused,
        { Behaviour: GuestBehaviour.Hung } => Silent,
        { } machine when world.Time.Elapsed < machine.BootsAt + world.Scenario.WarmUp => Starting,
        _ => Verdict.Passed,
    };
}
