using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>
/// G7: when many machines of a preset fail at once, suspect what they share before the machines. Half-open: a hold that has lasted lets single machines go;
/// while their successors pass, the next one follows, else the wait doubles.
/// </summary>
sealed class MassFailureBrake : IBrake
{
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    public Plan Limit(Plan plan, Situation situation)
    {
        if (Reason(plan, situation.Preset) is not { } reason) return plan with { Next = plan.Next with { MassFailure = null } };

        // Only what is really held counts as a hold: its age decides when a probe may go.
        if (situation.Past.MassFailure is null && !plan.Steps.Any(step => Brakes.IsEnd(step, Cause.IllHealth))) return plan;

        MassFailure hold = situation.Past.MassFailure ?? new MassFailure(situation.Now, situation.Preset.Limits.HoldProbe, null, null);
        if (WasForgiven(hold, plan, situation.Past)) hold = hold with { Probed = null };
        DateTimeOffset probeAt = NextProbe(hold, plan.Next, situation);
        Step.Terminate? probe = situation.Now >= probeAt && SelfSuspicionBrake.Suspicion(situation.Instance) is null
            ? plan.Steps.OfType<Step.Terminate>().FirstOrDefault(step => step.Cause == Cause.IllHealth)
            : null;
        if (probe is not null && MayGo(probe, plan, situation))
        {
            TimeSpan wait = hold.ProbedAt is null || Succeeded(hold, plan.Next) ? situation.Preset.Limits.HoldProbe : hold.Wait * 2;
            hold = hold with { ProbedAt = situation.Now, Probed = Owing(probe, plan), Wait = wait < LongestWait ? wait : LongestWait };
            reason += $"; held since {hold.Since:u}, {probe.Vm} goes as a probe";
        }
        else
        {
            probe = null;
        }

        return (plan with { Next = plan.Next with { MassFailure = hold } }).Without(
            step => Brakes.IsEnd(step, Cause.IllHealth) && !ReferenceEquals(step, probe),
            new Hold("mass-failure", reason, $"fewer machines fail; from {probeAt:u} on a single one may go (hold_probe)"));
    }

    static string? Reason(Plan plan, Preset preset)
    {
        int failed = 0, judged = 0, unknown = 0;
        foreach (Judged machine in plan.Machines)
        {
            if (!machine.IsPresent) continue;
            switch (machine.Verdict)
            {
                case null: break;
                case Verdict.Unknown: unknown++; break;
                case Verdict.Failed when machine.Record.Failures is null: break; // start-up: not counted
                case Verdict.Failed: failed++; judged++; break;
                default: judged++; break;
            }
        }

        int owed = plan.Next.Debts.Count(debt => debt.Cause == Cause.IllHealth && !IsFailing(plan, debt.Vm));
        int allowed = SafetyLimits.Share(preset.Limits.MaxUnhealthy, judged);
        if (failed + owed > allowed) return $"{failed} of {judged} checks fail and {owed} ended machine(s) have no successor that passed; at most {allowed} may ({preset.Limits.MaxUnhealthy:0.##%}, max_unhealthy)";
        return unknown * 2 > judged + unknown ? $"{unknown} of {judged + unknown} machines could not be judged" : null;
    }

    /// <summary>A machine whose end is announced but not accepted still fails: it is one trouble, not two.</summary>
    static bool IsFailing(Plan plan, string vm) => plan.Machines.Any(machine => machine.Vm.Id == vm && machine.IsPresent && machine.Verdict is Verdict.Failed);

    static DateTimeOffset NextProbe(MassFailure hold, History next, Situation situation) => hold.ProbedAt switch
    {
        null => hold.Since + situation.Preset.Limits.HoldProbe,
        _ when Succeeded(hold, next) => situation.Now,
        { } last => last + hold.Wait,
    };

    /// <summary>In whose name the probe's place is owed: a probe that was to succeed another owes nothing of its own, and must not count as succeeded for that.</summary>
    static string Owing(Step.Terminate probe, Plan plan)
    {
        MachineRecord record = plan.Machines.First(machine => machine.Vm.Id == probe.Vm).Record;
        return Array.Find(plan.Next.Debts, debt => Debts.Pays(record, debt))?.Vm ?? probe.Vm;
    }

    /// <summary>There was nobody to succeed the probe (the group is larger than wanted): its end has taught nothing, and the next one waits.</summary>
    static bool WasForgiven(MassFailure hold, Plan plan, History past)
    {
        Debt? owed = Array.Find(past.Debts, debt => debt.Vm == hold.Probed);
        return owed is not null && plan.Next.Debts.All(debt => debt.Vm != owed.Vm)
            && !plan.Machines.Any(machine => machine is { IsPresent: true, Record.HasPassed: true } && (machine.Vm.Id == owed.Vm || Debts.Pays(machine.Record, owed)));
    }

    static bool Succeeded(MassFailure hold, History next) => hold.Probed is not null && next.Debts.All(debt => debt.Vm != hold.Probed);

    /// <summary>The pace still counts: a probe that could not be carried out must not use up its turn.</summary>
    static bool MayGo(Step.Terminate probe, Plan plan, Situation situation) => PaceBrake.Free(plan.Next, situation.Preset) > 0
        || plan.Machines.Any(machine => machine.Vm.Id == probe.Vm && Debts.AlreadyOwed(plan.Next, machine.Record));
}
