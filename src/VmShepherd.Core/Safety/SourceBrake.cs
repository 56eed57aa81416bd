using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>
/// G17: what the source says may be a mistake (<see cref="SourceDoubts"/>). A group that looks like one that vanished makes no machines; of a count that changed too
/// much it is only said that the old one is kept. By a version that another instance has superseded (<see cref="VersionOrder"/>) nothing is done at all.
/// </summary>
sealed class SourceBrake : IBrake
{
    public Plan Limit(Plan plan, Situation situation)
    {
        string confirm = $"vmshepherd confirm {situation.Preset.Name} --server URL";
        if (situation.Preset.Superseded is { } why)
        {
            Step[] kept = [.. plan.Steps.Where(step => step is Step.Terminate { Cause: Cause.Requested })];
            return plan with
            {
                // Seen with another version's eyes, its health check above all: nothing of it counts (G14).
                Next = situation.Past with { BlindSince = situation.Past.BlindSince ?? (situation.Now - situation.Seen.SinceLastLook.GetValueOrDefault()) },
                Steps = kept,
                Held = [.. plan.Held, new Hold("revision", $"{why}; nothing is created or ended by it", $"this instance's source catches up; or, if it is the right one, {confirm}")],
            };
        }

        if (situation.Past.LookAlike is { IsConfirmed: false } alike)
        {
            plan = plan.Without(step => step is Step.Create, new Hold("source", $"this preset is new and looks like '{alike.Of}': if that was renamed or moved, its machines still run, and a second fleet would be made",
                $"previous_names: [{alike.Of}] in this preset, if it is the same group; else {confirm}, or '{alike.Of}' is still in force at {alike.Since + SourceDoubts.SecondLook:u}"));
        }

        return situation.Past.CountChange is not { } change ? plan : plan with
        {
            Held = [.. plan.Held, new Hold("source", $"count went from {situation.Preset.Count} to {change.To}: {situation.Preset.Count} are kept, for it may be a mistake",
                $"the source still says so at {change.Since + SourceDoubts.SecondLook:u}, or {confirm}")],
        };
    }
}
