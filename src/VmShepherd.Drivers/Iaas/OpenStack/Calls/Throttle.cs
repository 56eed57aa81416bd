using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>
/// A service that asks for patience asks all who share the login, not only whoever heard it: until that time is over, each hears it from here, and nothing is sent.
/// </summary>
sealed class Throttle(TimeProvider time)
{
    /// <summary>As long as the core waits: where nothing is said, and at the most.</summary>
    static readonly TimeSpan Unsaid = TimeSpan.FromSeconds(30), Longest = TimeSpan.FromMinutes(10);

    readonly Lock _gate = new();
    Hold? _hold;

    public void Learn(IaasException asked)
    {
        TimeSpan wait = asked.RetryAfter ?? Unsaid;
        if (wait > Longest) wait = Longest;
        lock (_gate)
        {
            if (wait > Left(_hold)) _hold = new Hold(asked, time.GetTimestamp(), wait);
        }
    }

    /// <exception cref="IaasException">It is not over yet.</exception>
    public void ThrowWhileHeld()
    {
        Hold? hold = Volatile.Read(ref _hold);
        TimeSpan left = Left(hold);
        if (left <= TimeSpan.Zero) return;
        throw new IaasException(IaasFailure.Throttled, $"no call is sent for {Math.Ceiling(left.TotalSeconds):0} s more: {hold!.Asked.Message}", hold.Asked) { RetryAfter = left, RequestId = hold.Asked.RequestId };
    }

    TimeSpan Left(Hold? hold) => hold is null ? TimeSpan.Zero : hold.Wait - time.GetElapsedTime(hold.Since);

    sealed record Hold(IaasException Asked, long Since, TimeSpan Wait);
}
