using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>The one list of brakes. The order is part of the meaning: what an earlier one took away, a later one does not see.</summary>
public static class Brakes
{
    internal static readonly IBrake[] InOrder =
    [
        // Everything. Before all others, that none of them counts as done what is not.
        new PauseBrake(),

        // Creates.
        new SourceBrake(),
        new NoMemoryBrake(),
        new CrashLoopBrake(),
        new CreateStopBrake(),

        // Ends. Doubts about what was seen come first, then bounds on how much may follow from it.
        new SuddenDeathBrake(),
        new FirstLookBrake(),
        new EndBudgetBrake(),
        new MassFailureBrake(),
        new SelfSuspicionBrake(), // after mass failure: one group that fails as a whole must not hold all others
        new PaceBrake(),
    ];

    /// <summary>The plan that may be carried out.</summary>
    public static Plan Limit(Plan plan, Situation situation)
    {
        // At rest there is nothing to hold and nothing to remember.
        if (ReferenceEquals(plan, situation.Past.Rest) || plan.IsFrozen) return Stamped(plan, situation);
        foreach (IBrake brake in InOrder) plan = brake.Limit(plan, situation);
        return Stamped(plan, situation);
    }

    /// <summary>Says of each hold since when it holds, unless its brake knows that, and remembers it.</summary>
    static Plan Stamped(Plan plan, Situation situation)
    {
        if (plan.Held.Count > 0) return StampedHolds(plan, situation);
        return plan.Next.Holds.Length == 0 ? plan : plan with { Next = plan.Next with { Holds = [] } };
    }

    static Plan StampedHolds(Plan plan, Situation situation)
    {
        Hold[] held = [.. plan.Held.Select(hold => hold.Since == default ? hold with { Since = Since(hold.Brake) } : hold)];
        HoldSince[] holds = [.. held.DistinctBy(hold => hold.Brake).Select(hold => new HoldSince(hold.Brake, hold.Since))];
        return plan with { Held = held, Next = plan.Next with { Holds = holds } };

        DateTimeOffset Since(string brake) => Array.Find(situation.Past.Holds, hold => hold.Brake == brake)?.Since ?? situation.Now;
    }

    internal static bool IsEnd(Step step, Cause cause) => step is Step.Terminate end && end.Cause == cause;
}
