using VmShepherd.Abstractions;

namespace Core.Tests.Simulation;

/// <summary>The store as one incarnation sees it: late, out of reach, or silent after the commit.</summary>
sealed class WiredStore(World world, Instance instance, Wire wire, IRuntimeDriver store) : IRuntimeDriver
{
    public Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => SendAsync(Hop.Claim, async () =>
    {
        IReadOnlyList<PresetLease> leases = await store.ClaimAsync(request, CancellationToken.None);
        foreach (PresetLease lease in leases)
        {
            world.Oracle.Granted(instance, lease);
            if (world.Faults.LateWriter(instance.Generation, lease) is { } late) world.Oracle.LateWrite(late, await store.SaveAsync(late, "of long ago"u8.ToArray(), acted: true, CancellationToken.None));
        }

        return leases;
    });

    public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken) => SendAsync(Hop.Save, async () =>
    {
        bool saved = await store.SaveAsync(lease, state, acted, CancellationToken.None);
        if (saved) world.Oracle.Stored(instance, lease.Preset);
        return saved;
    });

    public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken) => SendAsync(Hop.Complete, async () =>
    {
        bool completed = await store.CompleteAsync(lease, state, dueIn, CancellationToken.None);
        if (completed && state is not null) world.Oracle.Stored(instance, lease.Preset);
        return completed;
    });

    public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken) => SendAsync(Hop.Renew, async () =>
    {
        IReadOnlyList<bool> renewed = await store.RenewAsync(leases, lease, CancellationToken.None);
        for (int i = 0; i < leases.Count; i++)
            if (renewed[i]) world.Oracle.Renewed(instance, leases[i], lease);
        return renewed;
    });

    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => store.ReadAsync(presets, cancellationToken);

    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken) => store.RequestAsync(preset, request, cancellationToken);

    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => store.ForgetAsync(presets, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    Task<T> SendAsync<T>(Hop hop, Func<Task<T>> effect) => wire.SendAsync(hop,
        () => world.Faults.Lasts(Mischief.StoreDown) ? throw new IOException("the store is out of reach") : effect(),
        () => new IOException("no answer from the store"));
}
