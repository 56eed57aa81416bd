namespace VmShepherd.Server.Hosting;

/// <summary>Disposes, and waits for it only so long: a driver that hangs, or its connection, holds up no exit. What it still has ends with the process.</summary>
sealed class BoundedDisposal(IAsyncDisposable what, TimeSpan patience, TimeProvider time) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        Task disposing = what.DisposeAsync().AsTask();
        await Task.WhenAny(disposing, Task.Delay(patience, time));
        if (disposing.IsCompleted) await disposing;
    }
}
