namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>What somebody who calls a cloud asks for.</summary>
/// <param name="HttpTimeout">Until a call must begin to be answered, and between two pieces of the answer.</param>
/// <param name="PerSecond">Calls a second.</param>
/// <param name="InFlight">Calls under way at once.</param>
sealed record CallLimits(TimeSpan HttpTimeout, double PerSecond, int InFlight);

/// <summary>
/// How fast one cloud is called, by all who share it: so many calls a second, so many under way at once. First come, first served. Where they ask for different
/// limits, the lowest counts for all, and the longest patience, for as long as whoever asked for it is there.
/// </summary>
sealed class Pace(TimeProvider time)
{
    readonly Lock _gate = new();
    readonly long _start = time.GetTimestamp();
    readonly List<CallLimits> _asked = [];
    readonly Queue<TaskCompletionSource> _waiting = [];
    CallLimits _limits = new(TimeSpan.Zero, 1, 1);
    int _inFlight;
    double _free = double.NegativeInfinity;

    public TimeSpan HttpTimeout
    {
        get
        {
            lock (_gate) return _limits.HttpTimeout;
        }
    }

    /// <summary>Asks for limits, until the answer is disposed.</summary>
    public IDisposable Join(CallLimits limits)
    {
        lock (_gate)
        {
            _asked.Add(limits);
            Settle();
        }

        return new Membership(this, limits);
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

    void Leave(CallLimits limits)
    {
        lock (_gate)
        {
            _asked.Remove(limits);
            if (_asked.Count > 0) Settle();
        }
    }

    void Settle()
    {
        _limits = new CallLimits(_asked.Max(one => one.HttpTimeout), _asked.Min(one => one.PerSecond), _asked.Min(one => one.InFlight));
        Admit();
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

    sealed class Membership(Pace pace, CallLimits limits) : IDisposable
    {
        int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0) pace.Leave(limits);
        }
    }
}
