using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Loop;

/// <summary>Presets that are claimed together: same IaaS driver instance, same lease. A lane that hangs holds up no other.</summary>
/// <param name="Iaas">The driver instance.</param>
/// <param name="Lease">Their <c>manage_expire</c>.</param>
/// <param name="Presets">By name.</param>
/// <param name="SharedWith">Names of machines of all presets of the driver instance, in other lanes too, earlier names among them: one list serves them all.</param>
sealed record Lane(DriverReference Iaas, TimeSpan Lease, IReadOnlyDictionary<string, Preset> Presets, IReadOnlySet<string> SharedWith)
{
    /// <summary>One instance for the lane's life: a store may know it by reference.</summary>
    public IReadOnlyCollection<string> Names { get; } = [.. Presets.Keys];

    public string Key { get; } = $"{Iaas.Key}/{Lease.TotalSeconds:0.###}";

    /// <summary>Every driver instance its cycles use.</summary>
    public IEnumerable<DriverReference> Drivers => Presets.Values.Select(preset => preset.Healthcheck).OfType<DriverReference>().Distinct().Prepend(Iaas);

    public static IReadOnlyList<Lane> Of(IEnumerable<Preset> presets) =>
    [
        .. presets.GroupBy(preset => preset.Iaas).SelectMany(account =>
        {
            HashSet<string> shared = [.. account.Select(preset => preset.Name), .. account.SelectMany(preset => preset.PreviousNames)];
            return account.GroupBy(preset => preset.ManageExpire)
                .Select(lane => new Lane(account.Key, lane.Key, lane.ToDictionary(preset => preset.Name, StringComparer.Ordinal), shared));
        }),
    ];
}

/// <summary>Works a lane off: claims what is due, in batches, a bounded number of presets at once, until nothing is due and nothing runs.</summary>
sealed class LaneRunner(string instance, IRuntimeDriver runtime, TimeProvider time)
{
    /// <summary>The knee of what a store does well: larger batches are no cheaper.</summary>
    const int Batch = 100;

    /// <summary>Presets managed at once.</summary>
    const int MaxInFlight = 200;

    /// <summary>How often a lane looks for presets that are due while others of it are still being managed.</summary>
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Told how each claim ended; null = the store has answered.</summary>
    public Action<Lane, Exception?> Claimed { get; init; } = (_, _) => { };

    /// <param name="lane">What to work off.</param>
    /// <param name="manage">One manage run, from a lease and the timestamp before its claim was sent. Must not throw.</param>
    /// <param name="isCurrent">Whether the lane is still as the presets in force say: else no further claims, although more may be due.</param>
    /// <param name="once">What becomes due while others are still being managed is left to the next drain.</param>
    /// <param name="stopping">No further claims.</param>
    public async Task DrainAsync(Lane lane, Func<PresetLease, long, Task> manage, Func<bool> isCurrent, bool once, CancellationToken stopping)
    {
        List<Task> running = [];
        try
        {
            while (!stopping.IsCancellationRequested && isCurrent())
            {
                long sentAt = time.GetTimestamp();
                IReadOnlyList<PresetLease> leases = await ClaimAsync(lane);
                foreach (PresetLease lease in leases) running.Add(manage(lease, sentAt));
                running.RemoveAll(task => task.IsCompleted);
                if (leases.Count == 0)
                {
                    if (once || running.Count == 0) break;

                    // A slow preset holds up no other of its lane: what becomes due meanwhile is claimed.
                    await Task.WhenAll(running).WaitAsync(Poll, time, stopping).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
                }

                while (running.Count > MaxInFlight - Batch)
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
    }

    /// <summary>Not cancelled by stopping: a claim that was granted unheard would block its presets for a lease.</summary>
    async Task<IReadOnlyList<PresetLease>> ClaimAsync(Lane lane)
    {
        using var timeout = new CancellationTokenSource(ClaimTimeout, time);
        try
        {
            IReadOnlyList<PresetLease> leases = await runtime.ClaimAsync(new ClaimRequest(instance, lane.Names, Batch, lane.Lease), timeout.Token).WaitAsync(timeout.Token);
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
