using System.Collections.Concurrent;
using System.Diagnostics;

namespace VmShepherd.Drivers.Programs;

/// <summary>
/// Starts processes on one thread that lives as long as we do. What asked the kernel to be ended with its parent (PR_SET_PDEATHSIG) is ended with the
/// <em>thread</em> that started it, and those of the pool come and go.
/// </summary>
static class ProgramStarter
{
    /// <summary>No more than there are programs: each waits for its start.</summary>
    static readonly BlockingCollection<Action> Starts = Begin();

    /// <exception cref="System.ComponentModel.Win32Exception">It can't be started.</exception>
    public static Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
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

    static BlockingCollection<Action> Begin()
    {
        var starts = new BlockingCollection<Action>();
        var thread = new Thread(() =>
        {
            foreach (Action start in starts.GetConsumingEnumerable()) start();
        })
        {
            Name = "starts programs",
            IsBackground = true,
        };
        thread.Start();
        return starts;
    }
}
