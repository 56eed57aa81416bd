using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Runtime.InMemory;
using VmShepherd.Testing;

namespace VmShepherd.Server.Tests.Conformance;

/// <summary>A sound store, broken in one promise.</summary>
sealed class BrokenStore(IRuntimeDriver sound, string broken) : IRuntimeDriver
{
    readonly Dictionary<string, int> _requests = [];

    bool Is(string promise) => broken == promise;

    public bool IsShared => false;

    public async Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (Is("max")) request = request with { Max = request.Presets.Count + 1 };
        IReadOnlyList<PresetLease> leases = await sound.ClaimAsync(request, cancellationToken);
        if (Is("token")) leases = [.. leases.Select(lease => lease with { Token = new LeaseToken(1, 1) })];
        if (Is("hand over")) leases = [.. leases.Select(lease => lease with { CleanHandover = true })];
        if (Is("acted")) leases = [.. leases.Select(lease => lease with { SinceActed = null })];
        if (Is("loses requests")) leases = [.. leases.Select(lease => lease with { Requests = [] })];
        if (Is("order")) leases = [.. leases.Select(lease => lease with { Requests = [.. lease.Requests.Reverse()] })];
        return leases;
    }

    public async Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken)
    {
        if (Is("state")) state = state.ToArray().Reverse().ToArray();
        return await sound.SaveAsync(lease, state, acted, cancellationToken) || Is("late save");
    }

    public async Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken)
    {
        if (Is("due")) dueIn = TimeSpan.Zero;
        if (Is("forgets state")) state ??= ReadOnlyMemory<byte>.Empty;
        return await sound.CompleteAsync(lease, state, dueIn, cancellationToken);
    }

    public async Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken) =>
        Is("renew") ? [.. leases.Select(_ => true)] : await sound.RenewAsync(leases, lease, cancellationToken);

    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) =>
        sound.ReadAsync(presets, Is("cancel") ? CancellationToken.None : cancellationToken);

    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken)
    {
        _requests[preset] = _requests.GetValueOrDefault(preset) + 1;
        return Is("drops requests") && _requests[preset] > 50 ? Task.CompletedTask : sound.RequestAsync(preset, request, cancellationToken);
    }

    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => Is("forget") ? Task.CompletedTask : sound.ForgetAsync(presets, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

sealed class BrokenStoreConformance(string broken) : RuntimeDriverConformance
{
    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    BrokenStore? _store;

    /// <summary>Instances may be made side by side: all of them are on one store.</summary>
    protected override Task<IRuntimeDriver> CreateInstanceAsync()
    {
        lock (_time) return Task.FromResult<IRuntimeDriver>(_store ??= new BrokenStore(new InMemoryDriver(new InMemoryOptions(), new DriverContext(_time, new Random(1), "/")), broken));
    }

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}
