namespace VmShepherd.Server.Hosting;

/// <summary>Disposes, and waits for it only so long: a driver that hangs, or its connection, holds up no exit. What it still has ends with the process.</summary>
/// <param name="what">Disposed on a thread of its own: what blocks is not waited for either.</param>
/// <param name="patience">So long.</param>
/// <param name="time">The clock for it.</param>
/// <param name="givenUp">Told when that was not enough.</param>
sealed class BoundedDisposal(IAsyncDisposable what, TimeSpan patience, TimeProvider time, Action givenUp) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        Task disposing = Task.Run(() => what.DisposeAsync().AsTask());
        await Task.WhenAny(disposing, Task.Delay(patience, time));
        if (disposing.IsCompleted) await disposing;
        else givenUp();
    }
}
