using VmShepherd.Abstractions;

namespace VmShepherd.Core.Loop;

/// <summary>
/// G18: acting stops at two thirds of the lease by our own monotonic clock, counted from before the claim was sent, so that the last call is over
/// before anybody else may begin.
/// </summary>
sealed class LeaseGuard(TimeProvider time, PresetLease lease, long claimSentAt)
{
    long _heldFrom = claimSentAt;

    public PresetLease Lease { get; } = lease;

    TimeSpan ActingTime => Lease.Duration * 2 / 3;

    /// <summary>How much longer may be acted; zero or less = not at all.</summary>
    public TimeSpan ActingTimeLeft => ActingTime - time.GetElapsedTime(_heldFrom);

    public bool MayAct => ActingTimeLeft > TimeSpan.Zero;

    /// <summary>The timestamp from which on nothing may be sent.</summary>
    public long SendBefore => _heldFrom + (long)(ActingTime.TotalSeconds * time.TimestampFrequency);

    /// <summary>Whether it is worth renewing before acting begins.</summary>
    public bool IsHalfSpent => ActingTimeLeft < Lease.Duration / 3;

    /// <summary>The lease was renewed by a call sent at <paramref name="sentAt"/>.</summary>
    public void Renewed(long sentAt) => _heldFrom = sentAt;

    /// <summary>Until the lease is over, if nobody renews it.</summary>
    public TimeSpan HeldFor => Lease.Duration - time.GetElapsedTime(_heldFrom) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Cancelled when acting must stop.</summary>
    public CancellationTokenSource Deadline() => new(AtMost(TimeSpan.MaxValue), time);

    /// <summary>So long, but never longer than may be acted.</summary>
    public TimeSpan AtMost(TimeSpan longest)
    {
        TimeSpan left = ActingTimeLeft;
        if (left <= TimeSpan.Zero) return TimeSpan.Zero;
        return left < longest ? left : longest;
    }
}
