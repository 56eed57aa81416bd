using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>
/// G20: a person wants this preset left alone for a while. It ends with a list that was begun after somebody said so: an older one may show machines as they were
/// in the middle of the maintenance.
/// </summary>
sealed class PauseBrake : IBrake
{
    public Plan Limit(Plan plan, Situation situation)
    {
        if (situation.Past.Paused is not { } paused) return plan;
        if (situation.Seen.ListBegun >= paused.ResumedAt) return plan with { Next = plan.Next with { Paused = null } };

        Step[] kept = [.. plan.Steps.Where(step => step is Step.Terminate { Cause: Cause.Requested })];
        int creates = plan.Steps.OfType<Step.Create>().Sum(step => step.Count), ends = plan.Steps.OfType<Step.Terminate>().Count() - kept.Length;
        Hold hold = paused.ResumedAt is null
            ? new Hold("pause", $"paused by {paused.By}{(paused.Reason is { } reason ? $" ({reason})" : "")}: {creates} create(s) and {ends} end(s) held back", $"vmshepherd resume {situation.Preset.Name} --server URL")
            : new Hold("pause", $"resumed, but the machines were listed before that: {creates} create(s) and {ends} end(s) held back", "the next look");
        return plan with { Steps = kept, Held = [.. plan.Held, hold with { Since = paused.Since }] };
    }
}
