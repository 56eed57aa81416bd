using VmShepherd.Abstractions;

namespace VmShepherd.Core.Loop;

/// <summary>
/// Presets whose source is gone. Their machines stay, and so does their memory, for a day: a source that comes back finds it as it was.
/// What another instance still manages is not forgotten: the lease and the store's clock decide.
/// </summary>
sealed class ReleasedPresets(string instance, IRuntimeDriver runtime, SteadyClock clock)
{
    static readonly TimeSpan Keep = TimeSpan.FromDays(1), Lease = TimeSpan.FromSeconds(30), Patience = TimeSpan.FromSeconds(10), AtOnce = TimeSpan.FromMilliseconds(1);

    /// <summary>Forgotten in one pass.</summary>
    const int Batch = 100;

    readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);
    readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);

    /// <summary>Those that were not released before.</summary>
    public IReadOnlyList<string> Take(IReadOnlyCollection<string> released)
    {
        HashSet<string> names = [.. released];
        foreach (string back in _since.Keys.Where(name => !names.Contains(name)).ToArray()) _since.Remove(back);
        _forgotten.IntersectWith(names);
        string[] fresh = [.. released.Where(name => _since.TryAdd(name, clock.Now))];
        return fresh;
    }

    public async Task ForgetAsync()
    {
        string[] stale = [.. _since.Where(preset => clock.Now - preset.Value > Keep && !_forgotten.Contains(preset.Key)).Take(Batch).Select(preset => preset.Key)];
        if (stale.Length == 0) return;

        using var patience = new CancellationTokenSource(Patience, clock.Time);
        IReadOnlyList<PresetLease> leases = await runtime.ClaimAsync(new ClaimRequest(instance, stale, Batch, Lease), patience.Token).WaitAsync(patience.Token);
        string[] unmanaged = [.. leases.Where(lease => !(lease.SinceCompleted <= Keep)).Select(lease => lease.Preset)];

        // Let go by running out, not completed: nobody has looked at these presets now, and whoever manages them must not believe so (G14).
        PresetLease[] managed = [.. leases.Where(lease => lease.SinceCompleted <= Keep)];
        if (managed.Length > 0) await runtime.RenewAsync(managed, AtOnce, patience.Token).WaitAsync(patience.Token);
        await runtime.ForgetAsync(unmanaged, patience.Token).WaitAsync(patience.Token);
        _forgotten.UnionWith(unmanaged);
    }
}
