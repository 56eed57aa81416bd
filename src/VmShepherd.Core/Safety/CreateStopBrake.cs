using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G19: the IaaS has no room, no quota, or refused the request: creates wait, ends go on.</summary>
sealed class CreateStopBrake : IBrake
{
    public Plan Limit(Plan plan, Situation situation)
    {
        if (plan.Next.CreateStop is not { } stop || situation.Now >= stop.Until) return plan;
        if (stop.SpecHash is not null && stop.SpecHash != situation.Preset.SpecHash) return plan;

        string release = stop.Failure == IaasFailure.Rejected ? $"the preset's specification changes, or {stop.Until:u}" : $"{stop.Until:u}";
        return plan.Without(step => step is Step.Create, new Hold("failures", $"creates stopped after {stop.Tries} refusal(s), {stop.Failure}: {stop.Reason}", release));
    }
}
