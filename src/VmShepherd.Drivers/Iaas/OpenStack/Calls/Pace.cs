using System.Globalization;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>What somebody who calls a cloud asks for.</summary>
/// <param name="PerSecond">Calls a second.</param>
/// <param name="InFlight">Calls under way at once.</param>
sealed record CallLimits(double PerSecond, int InFlight);

/// <summary>
/// How fast one cloud is called, by all who share it: so many calls a second, so many under way at once. First come, first served. Where they ask for different
/// limits, the lowest counts for all, for as long as whoever asked for it is there.
/// </summary>
sealed class Pace(string cloud, TimeProvider time)
{
    readonly Lock _gate = new();
    readonly long _start = time.GetTimestamp();
    readonly List<(CallLimits Limits, Action<string> Log)> _asked = [];
    readonly Queue<TaskCompletionSource> _waiting = [];
    CallLimits _limits = new(1, 1);
    int _inFlight;
    double _free = double.NegativeInfinity;

    /// <summary>Asks for limits, until the answer is disposed.</summary>
    /// <param name="limits">The most that is wanted.</param>
    /// <param name="log">Told when this changes what counts, or its end does.</param>
    public IDisposable Join(CallLimits limits, Action<string> log)
    {
        (CallLimits, Action<string>) asked = (limits, log);
        string? changed;
        lock (_gate)
        {
            bool isFirst = _asked.Count == 0;
            _asked.Add(asked);
            changed = Settle();

            // What the first one asks for is no change.
            if (isFirst) changed = null;
        }

        if (changed is not null) log(changed);
        return new Membership(this, asked);
    }

    /// <summary>Waits for a turn; disposing the answer gives the slot back.</summary>
    public async Task<Slot> EnterAsync(CancellationToken cancellationToken)
    {
        await SlotAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            TimeSpan wait = Reserve();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            return new Slot(this);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    ValueTask SlotAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_gate)
        {
            // Nobody waits while a slot is free.
            if (_inFlight < _limits.InFlight)
            {
                _inFlight++;
                return ValueTask.CompletedTask;
            }

            _waiting.Enqueue(turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return new ValueTask(WaitAsync(turn, cancellationToken));
    }

    static async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration end = cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken));
        await turn.Task.ConfigureAwait(false);
    }

    /// <summary>Takes the next turn of the timetable, whose turns a quiet time may leave unused up to a second's worth: so many may be sent at once after it.</summary>
    TimeSpan Reserve()
    {
        lock (_gate)
        {
            double now = time.GetElapsedTime(_start).TotalSeconds, perSecond = _limits.PerSecond;
            double turn = Math.Max(_free, now - (Math.Max(1, perSecond) - 1) / perSecond);
            _free = turn + 1 / perSecond;
            return turn > now ? TimeSpan.FromSeconds(turn - now) : TimeSpan.Zero;
        }
    }

    void Leave()
    {
        lock (_gate)
        {
            _inFlight--;
            Admit();
        }
    }

    void Leave((CallLimits Limits, Action<string> Log) asked)
    {
        string? changed = null;
        lock (_gate)
        {
            _asked.Remove(asked);
            if (_asked.Count > 0) changed = Settle();
        }

        if (changed is not null) asked.Log(changed);
    }

    /// <returns>What has changed, for the log.</returns>
    string? Settle()
    {
        CallLimits before = _limits;
        _limits = new CallLimits(_asked.Min(one => one.Limits.PerSecond), _asked.Min(one => one.Limits.InFlight));
        Admit();
        return _limits == before ? null : string.Create(CultureInfo.InvariantCulture,
            $"all presets at {cloud} now share calls_per_second {_limits.PerSecond} and calls_in_flight {_limits.InFlight}, the lowest that any of them asks for (before: {before.PerSecond} and {before.InFlight})");
    }

    void Admit()
    {
        while (_inFlight < _limits.InFlight && _waiting.TryDequeue(out TaskCompletionSource? next))
            if (next.TrySetResult()) _inFlight++;
    }

    internal readonly struct Slot(Pace pace) : IDisposable
    {
        public void Dispose() => pace.Leave();
    }

    sealed class Membership(Pace pace, (CallLimits Limits, Action<string> Log) asked) : IDisposable
    {
        int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0) pace.Leave(asked);
        }
    }
}
