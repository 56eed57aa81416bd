using System.Collections.Concurrent;
using System.Diagnostics;

namespace VmShepherd.Drivers.Programs;

/// <summary>
/// Starts processes of one driver on a thread that lives as long as the driver does. What asked the kernel to be ended with its parent (PR_SET_PDEATHSIG) is ended with the
/// <em>thread</em> that started it, and those of the pool come and go. A start that hangs, as in a folder that is out of reach, holds up no other driver.
/// </summary>
sealed class ProgramStarter : IDisposable
{
    /// <summary>One at the most: whoever asks waits for its start.</summary>
    readonly BlockingCollection<Action> _starts = [];
    int _isBegun;

    /// <exception cref="System.ComponentModel.Win32Exception">It can't be started.</exception>
    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        if (Interlocked.Exchange(ref _isBegun, 1) == 0) new Thread(Work) { Name = "starts a program", IsBackground = true }.Start();
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception failed)
            {
                started.SetException(failed);
            }
        });
        return started.Task;
    }

    /// <summary>Ends the thread, and so what it started and still runs.</summary>
    public void Dispose() => _starts.CompleteAdding();

    void Work()
    {
        foreach (Action start in _starts.GetConsumingEnumerable()) start();
        _starts.Dispose();
    }
}
