using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G10: over all presets, this instance ends only so many machines for ill health in 10 minutes.</summary>
sealed class EndBudgetBrake : IBrake
{
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    internal static int Budget(InstanceFacts facts) => facts.EndBudget ?? Math.Max(5, facts.AllMachines / 100);

    public Plan Limit(Plan plan, Situation situation)
    {
        int budget = Budget(situation.Instance);
        int free = budget - situation.Instance.EndedLately;
        HashSet<Step> dropped = [.. plan.Steps.Where(step => Brakes.IsEnd(step, Cause.IllHealth)).Skip(Math.Max(0, free))];
        return plan.Without(dropped.Contains, new Hold("installation-pace",
            $"{situation.Instance.EndedLately} machine(s) were ended for ill health in the last 10 minutes by this instance, at most {budget} may (end_budget)", "the oldest of these ends is 10 minutes ago"));
    }
}
