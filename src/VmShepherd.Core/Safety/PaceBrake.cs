using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G9: only so many machines may be ended and not yet succeeded by one that passed.</summary>
sealed class PaceBrake : IBrake
{
    /// <summary>How many more may be ended now.</summary>
    internal static int Free(History history, Preset preset) => SafetyLimits.Share(preset.Limits.ReplacePace, preset.Count) - history.Debts.Length;

    public Plan Limit(Plan plan, Situation situation)
    {
        Dictionary<string, Judged> machines = plan.Machines.ToDictionary(machine => machine.Vm.Id, StringComparer.Ordinal);
        int free = Free(plan.Next, situation.Preset);
        HashSet<Step> dropped = [];
        foreach (Step.Terminate step in plan.Steps.OfType<Step.Terminate>().Where(step => step.Paced))
        {
            // Ending a machine that was to succeed another owes nothing new.
            if (Debts.AlreadyOwed(plan.Next, machines[step.Vm].Record)) continue;
            if (free-- <= 0) dropped.Add(step);
        }

        return plan.Without(dropped.Contains, new Hold("pace",
            $"{dropped.Count} end(s) wait: {plan.Next.Debts.Length} ended machine(s) have no successor that passed, at most {SafetyLimits.Share(situation.Preset.Limits.ReplacePace, situation.Preset.Count)} at a time ({situation.Preset.Limits.ReplacePace:0.##%}, replace_pace)",
            "their successors pass a check"));
    }
}
