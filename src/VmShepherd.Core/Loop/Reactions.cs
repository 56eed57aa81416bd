using VmShepherd.Abstractions;

namespace VmShepherd.Core.Loop;

/// <summary>What happens next (G19).</summary>
public enum Reaction
{
    /// <summary>The next cycle is the retry.</summary>
    NextCycle,

    /// <summary>No call of this driver instance for as long as the IaaS asked.</summary>
    BackOff,

    /// <summary>No call of this driver instance, longer each time, up to 5 minutes.</summary>
    BackOffAccount,

    /// <summary>No create of this preset, longer each time, up to 10 minutes; ends go on.</summary>
    StopCreating,

    /// <summary>No create of this preset until its specification changes or 10 minutes pass.</summary>
    StopCreatingThisSpec,
}

/// <summary>One page: every kind of failure has one reaction.</summary>
public static class Reactions
{
    public static Reaction To(IaasFailure failure) => failure switch
    {
        IaasFailure.Unavailable => Reaction.NextCycle,
        IaasFailure.Throttled => Reaction.BackOff,
        IaasFailure.NoCapacity or IaasFailure.QuotaReached => Reaction.StopCreating,
        IaasFailure.Rejected => Reaction.StopCreatingThisSpec,
        IaasFailure.Unauthorized => Reaction.BackOffAccount,
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, null),
    };
}
