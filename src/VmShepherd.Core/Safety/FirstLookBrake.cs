using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G14: after a long time without a look, old failures and this one are not "in a row": a second look decides.</summary>
sealed class FirstLookBrake : IBrake
{
    const int Intervals = 3;

    public Plan Limit(Plan plan, Situation situation)
    {
        TimeSpan? blind = situation.Past.BlindSince is { } since ? situation.Now - since : null;
        TimeSpan? unseen = blind > situation.Seen.SinceLastLook ? blind : situation.Seen.SinceLastLook;
        return unseen <= situation.Seen.Interval * Intervals
            ? plan
            : plan.Without(step => Brakes.IsEnd(step, Cause.IllHealth), new Hold("first-look",
                unseen is { } time ? $"not looked at for {Classifier.Words(time)}, more than {Intervals} intervals of {Classifier.Words(situation.Seen.Interval)}" : "never looked at before", "the next look"));
    }
}
