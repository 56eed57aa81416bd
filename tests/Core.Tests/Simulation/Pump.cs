namespace Core.Tests.Simulation;

/// <summary>Everything runs here, one continuation after another, on the thread of the test. Time passes when the queue is empty.</summary>
sealed class Pump : SynchronizationContext
{
    readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    readonly int _thread = Environment.CurrentManagedThreadId;

    public override void Post(SendOrPostCallback d, object? state)
    {
        // Code that leaves the thread (ConfigureAwait(false), Task.Run) would make the run depend on the machine's scheduler.
        if (Environment.CurrentManagedThreadId != _thread) Environment.FailFast("the simulated code has left the simulation's thread");
        _queue.Enqueue((d, state));
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs the story to its end, or until somebody says stop.</summary>
    public static void Run(VirtualTime time, Func<Task> story, Func<bool> stop)
    {
        SynchronizationContext? before = Current;
        var pump = new Pump();
        SetSynchronizationContext(pump);
        try
        {
            Task told = story();
            while (!told.IsCompleted && !stop())
            {
                if (pump._queue.TryDequeue(out var next)) next.Callback(next.State);
                else if (!time.Step()) throw new InvalidOperationException("the simulation waits for something that never comes");
            }

            if (told.IsFaulted) told.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
