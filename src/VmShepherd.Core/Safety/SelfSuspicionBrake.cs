using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G8: when machines fail all over the place, the one thing they have in common is the checker.</summary>
sealed class SelfSuspicionBrake : IBrake
{
    const int FewMachines = 20;
    const int FewPresets = 3;

    /// <summary>Keeps 0.07 * 100 from becoming more than 7: a percentage is meant in decimals.</summary>
    const double Tiny = 1e-9;

    /// <summary>Why this instance suspects itself; null = it does not.</summary>
    internal static string? Suspicion(InstanceFacts facts)
    {
        if (facts.CanariesFail) return "every canary fails: this instance's own network is suspected";
        return facts.Looked >= FewMachines && facts.Presets >= FewPresets && facts.Failed + Tiny >= facts.SelfSuspicion * facts.Looked
            ? $"{facts.Failed} of {facts.Looked} machines in {facts.Presets} presets failed in the last minute, {facts.SelfSuspicion:0.##%} or more (self_suspicion): this instance suspects itself"
            : null;
    }

    public Plan Limit(Plan plan, Situation situation) => Suspicion(situation.Instance) is { } reason
        ? plan.Without(step => Brakes.IsEnd(step, Cause.IllHealth), new Hold("self-suspicion", reason, "fewer machines fail, or the canaries answer"))
        : plan;
}
