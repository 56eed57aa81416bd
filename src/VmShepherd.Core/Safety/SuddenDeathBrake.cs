using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G6: many dead at one look is more likely a lie of the IaaS than the truth. Nothing is ended until a second look, a minute later, agrees; then at the pace.</summary>
sealed class SuddenDeathBrake : IBrake
{
    internal static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(60);

    public Plan Limit(Plan plan, Situation situation)
    {
        SuddenDeath? death = Remember(plan, situation);
        plan = plan with { Next = plan.Next with { SuddenDeath = death } };
        if (death is null) return plan;

        string count = $"{death.Vms.Length} machine(s) were found dead at one look, more than {situation.Preset.Limits.MaxDead:0.##%} of {situation.Preset.Count} (max_dead)";
        return death.Confirmed
            ? plan with { Steps = [.. plan.Steps.Select(step => step is Step.Terminate { Cause: Cause.Dead } end && death.Vms.Contains(end.Vm) ? end with { Paced = true } : step)] }
            : plan.Without(step => step is Step.Terminate { Cause: not Cause.Requested }, new Hold("sudden-death", count, $"a look after {death.Since + SecondLook:u} that agrees, or they turn out to live"));
    }

    static SuddenDeath? Remember(Plan plan, Situation situation)
    {
        Judged[] dead = [.. plan.Machines.Where(machine => machine.Standing == Standing.Dead)];
        string[] fresh = [.. dead.Where(machine => machine.Record.DeadSince == situation.Now).Select(machine => machine.Vm.Id)];
        SuddenDeath? before = situation.Past.SuddenDeath;
        string[] still = [.. dead.Select(machine => machine.Vm.Id).Where(id => before?.Vms.Contains(id) == true || (before is { Confirmed: false } && fresh.Contains(id)))];

        // Those that are found dead only now have not been looked at twice, whatever is known of the others.
        if (Many(fresh)) return new SuddenDeath(situation.Seen.ListBegun, [.. still.Union(fresh)], Confirmed: false);
        if (before is null || still.Length == 0) return null;
        return before with { Vms = still, Confirmed = before.Confirmed || situation.Seen.ListBegun - before.Since >= SecondLook };

        bool Many(string[] ids) => ids.Length > SafetyLimits.Share(situation.Preset.Limits.MaxDead, situation.Preset.Count);
    }
}
