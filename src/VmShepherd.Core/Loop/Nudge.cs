namespace VmShepherd.Core.Loop;

/// <summary>Wakes the loop early. Carries no data: what to do is read from the world, never from the caller. A thousand nudges cost one pass.</summary>
sealed class Nudge : IDisposable
{
    readonly SemaphoreSlim _signal = new(0, 1);

    public void Now()
    {
        try
        {
            _signal.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Already awake: one wake-up covers any number of reasons. Or gone: news may come in the moment when everything ends.
            return;
        }
    }

    /// <summary>Until nudged, or for so long.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new Deadline(longest, time, cancellationToken);
        try
        {
            await _signal.WaitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            // Time is up, or the caller is stopping, which it sees by its own token.
        }
    }

    public void Dispose() => _signal.Dispose();
}
