namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>How fast one cloud is called, by all who share it: so many calls a second, so many under way at once. First come, first served.</summary>
sealed class Pace(TimeProvider time, double perSecond, int inFlight)
{
    // What may be sent at once after a quiet time.
    readonly double _burst = Math.Max(1, perSecond);
    readonly SemaphoreSlim _slots = new(inFlight);
    readonly Lock _gate = new();
    readonly long _start = time.GetTimestamp();
    double _free = double.NegativeInfinity;

    /// <summary>Waits for a turn; disposing the answer gives the slot back.</summary>
    public async Task<Slot> EnterAsync(CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            TimeSpan wait = Reserve();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            return new Slot(_slots);
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    /// <summary>Takes the next turn of the timetable, whose turns a quiet time may leave unused up to a burst.</summary>
    TimeSpan Reserve()
    {
        lock (_gate)
        {
            double now = time.GetElapsedTime(_start).TotalSeconds;
            double turn = Math.Max(_free, now - (_burst - 1) / perSecond);
            _free = turn + 1 / perSecond;
            return turn > now ? TimeSpan.FromSeconds(turn - now) : TimeSpan.Zero;
        }
    }

    internal readonly struct Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
