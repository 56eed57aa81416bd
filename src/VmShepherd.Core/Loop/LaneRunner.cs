using System.Collections.Concurrent;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Loop;

/// <summary>Works a lane off: claims what is due, in batches, no more presets at once than are managed in time, until nothing is due and nothing runs.</summary>
sealed class LaneRunner(string instance, IRuntimeDriver runtime, TimeProvider time)
{
    /// <summary>How often a lane looks for presets that are due while others of it are still being managed.</summary>
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Told how each claim ended; null = the store has answered.</summary>
    public Action<Lane, Exception?> Claimed { get; init; } = (_, _) => { };

    readonly ConcurrentDictionary<string, LaneRoom> _rooms = new(StringComparer.Ordinal);

    /// <param name="lane">What to work off.</param>
    /// <param name="manage">One manage run, from a lease and the timestamp before its claim was sent. Must not throw.</param>
    /// <param name="isCurrent">Whether the lane is still as the presets in force say: else no further claims, although more may be due.</param>
    /// <param name="courtesy">How long what another instance managed last is left to it (<see cref="ClaimRequest.Courtesy"/>); <see langword="null"/> = once: whatever is due is claimed now, and what becomes due while it is managed is left to the next drain.</param>
    /// <param name="stopping">No further claims.</param>
    public async Task DrainAsync(Lane lane, Func<PresetLease, long, Task> manage, Func<bool> isCurrent, TimeSpan? courtesy, CancellationToken stopping)
    {
        LaneRoom room = _rooms.GetOrAdd(lane.Key, _ => new LaneRoom(time, lane.Lease));
        List<Task> running = [];
        try
        {
            while (!stopping.IsCancellationRequested && isCurrent())
            {
                long sentAt = time.GetTimestamp();
                IReadOnlyList<PresetLease> leases = await ClaimAsync(lane, room.Batch, courtesy.GetValueOrDefault());
                foreach (PresetLease lease in leases) running.Add(ManageAsync(lease, sentAt));
                running.RemoveAll(task => task.IsCompleted);
                if (leases.Count == 0)
                {
                    if (courtesy is null || running.Count == 0) break;

                    // A slow preset holds up no other of its lane: what becomes due meanwhile is claimed.
                    await Task.WhenAll(running).WaitAsync(Poll, time, stopping).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                }

                while (running.Count > room.Limit - room.Batch)
                {
                    await Task.WhenAny(running);
                    running.RemoveAll(task => task.IsCompleted);
                }
            }
        }
        finally
        {
            // Also when a claim fails: what was begun is waited for, or the process would end in the middle of it.
            await Task.WhenAll(running);
        }

        async Task ManageAsync(PresetLease lease, long sentAt)
        {
            await manage(lease, sentAt);
            room.Ended(sentAt);
        }
    }

    /// <summary>Not cancelled by stopping: a claim that was granted unheard would block its presets for a lease.</summary>
    async Task<IReadOnlyList<PresetLease>> ClaimAsync(Lane lane, int max, TimeSpan courtesy)
    {
        using var timeout = new CancellationTokenSource(ClaimTimeout, time);
        try
        {
            var request = new ClaimRequest(instance, lane.Names, max, lane.Lease) { Courtesy = courtesy };
            IReadOnlyList<PresetLease> leases = await runtime.ClaimAsync(request, timeout.Token).WaitAsync(timeout.Token);
            Claimed(lane, null);
            return leases;
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            var late = new TimeoutException($"no answer for {ClaimTimeout.TotalSeconds:0} s", e);
            Claimed(lane, late);
            throw late;
        }
        catch (Exception e)
        {
            Claimed(lane, e);
            throw;
        }
    }
}
