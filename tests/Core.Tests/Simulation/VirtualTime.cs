namespace Core.Tests.Simulation;

/// <summary>Time that passes only when nothing is left to do: then it stands at the next timer. Discrete, exact, the same on every machine.</summary>
sealed class VirtualTime : TimeProvider
{
    static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly PriorityQueue<(Timer Timer, int Version), (long Due, long Turn)> _timers = new();
    long _now, _turn;

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => new(_now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => Epoch + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Goes to the next timer and fires it; false = there is none.</summary>
    public bool Step()
    {
        while (_timers.TryDequeue(out var next, out var at))
        {
            if (next.Timer.Version != next.Version) continue;
            _now = Math.Max(_now, at.Due);
            next.Timer.Fire();
            return true;
        }

        return false;
    }

    sealed class Timer(VirtualTime time, Action fire) : ITimer
    {
        TimeSpan _period;

        /// <summary>Only the latest setting counts: what is queued under an older one is void.</summary>
        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Version++;
            _period = period;
            if (dueTime >= TimeSpan.Zero) time._timers.Enqueue((this, Version), (time._now + dueTime.Ticks, ++time._turn));
            return true;
        }

        public void Fire()
        {
            Version++;
            if (_period > TimeSpan.Zero) time._timers.Enqueue((this, Version), (time._now + _period.Ticks, ++time._turn));
            fire();
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The clock of one incarnation: its wall may be set to anything at any moment, its timestamps are the world's. It stops for good when the process dies.</summary>
sealed class InstanceTime(VirtualTime world, Func<TimeSpan> wallOffset) : TimeProvider
{
    public bool Stopped { get; set; }

    public override long TimestampFrequency => world.TimestampFrequency;

    public override long GetTimestamp() => world.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow() + wallOffset();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        world.CreateTimer(given => { if (!Stopped) callback(given); }, state, dueTime, period);
}
