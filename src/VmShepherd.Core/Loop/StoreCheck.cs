using VmShepherd.Abstractions;

namespace VmShepherd.Core.Loop;

/// <summary>Asks a store that can tell whether it can ever work.</summary>
static class StoreCheck
{
    /// <summary>The start waits for the answer. What does not answer in time is out of reach: the loop says so, and waits for it.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <exception cref="ArgumentException">It can't work.</exception>
    public static async Task RunAsync(IRuntimeDriver runtime, TimeProvider time, CancellationToken cancellationToken)
    {
        if (runtime is not IStartCheck store) return;
        using var patience = new Deadline(Patience, time, cancellationToken);
        Task checking = store.CheckAsync(patience.Token).WaitAsync(patience.Token);
        await checking.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (checking.IsFaulted) await checking;
    }
}
