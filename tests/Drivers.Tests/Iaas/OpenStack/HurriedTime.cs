namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>The real clock, many times as fast: pauses between tries are short, and whatever waits for a socket still waits for a real one.</summary>
sealed class HurriedTime(int factor) : TimeProvider
{
    readonly DateTimeOffset _start = System.GetUtcNow();
    readonly long _begun = System.GetTimestamp();

    public override long GetTimestamp() => _begun + (System.GetTimestamp() - _begun) * factor;

    public override DateTimeOffset GetUtcNow() => _start + System.GetElapsedTime(_begun) * factor;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(System.CreateTimer(callback, state, Hurried(dueTime), Hurried(period)), this);

    TimeSpan Hurried(TimeSpan span) => span == Timeout.InfiniteTimeSpan ? span : span / factor;

    sealed class Timer(ITimer timer, HurriedTime time) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(time.Hurried(dueTime), time.Hurried(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
