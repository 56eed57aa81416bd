using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;
using Xunit;

namespace Drivers.Tests.Defects;

/// <summary>
/// There, a new preset was managed without the lock (three cold instances, count 5: 15 machines), a run longer than the lock overlapped with the next, a killed holder's lock stayed,
/// release freed anybody's lock, and a crash between lock and first save blocked the preset for ever.
/// </summary>
public sealed class Defect10_Locks(SharedPostgres postgres) : IAsyncLifetime
{
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    readonly string _schema = $"t{Guid.NewGuid():N}";
    PostgresServer _server = null!;
    PostgresDriver[] _instances = [];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await postgres.ServerAsync();
        _instances = [.. Enumerable.Range(0, 3).Select(_ => new PostgresDriver(_server.Options(_schema), new(TimeProvider.System, new Random(1), "/")))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PostgresDriver instance in _instances) await instance.DisposeAsync();
    }

    static async Task<PresetLease[]> ClaimAsync(string preset, params PostgresDriver[] by) =>
        [.. (await Task.WhenAll(by.Select((store, i) => store.ClaimAsync(new($"instance-{i}", [preset], 1, Lease), Ct)))).SelectMany(leases => leases)];

    [Fact]
    public async Task Three_cold_instances_get_one_lease_of_a_new_preset()
    {
        for (int i = 0; i < 10; i++) Assert.Single(await ClaimAsync($"new {i}", _instances));
    }

    [Fact]
    public async Task Who_runs_longer_than_its_lease_stores_nothing_and_frees_nobody()
    {
        PresetLease late = Assert.Single(await ClaimAsync("web", _instances[0]));
        await _server.AdvanceAsync(_schema, Lease);
        PresetLease current = Assert.Single(await ClaimAsync("web", _instances[1]));

        Assert.False(await _instances[0].SaveAsync(late, "late"u8.ToArray(), acted: true, Ct));
        Assert.False(await _instances[0].CompleteAsync(late, "late"u8.ToArray(), TimeSpan.Zero, Ct));
        Assert.Equal([false], await _instances[0].RenewAsync([late], Lease, Ct));
        Assert.Empty(await ClaimAsync("web", _instances));
        Assert.True(await _instances[1].SaveAsync(current, "current"u8.ToArray(), acted: false, Ct));
        Assert.True(await _instances[1].CompleteAsync(current, null, TimeSpan.Zero, Ct));
        PresetLease next = Assert.Single(await ClaimAsync("web", _instances[2]));
        Assert.Equal("current"u8.ToArray(), next.State!.Content.ToArray());
        Assert.Null(next.SinceActed);
    }

    [Fact]
    public async Task A_crash_between_claim_and_first_save_is_taken_over_after_the_lease()
    {
        PresetLease lost = Assert.Single(await ClaimAsync("web", _instances[0]));
        await _instances[0].DisposeAsync();
        Assert.Empty(await ClaimAsync("web", _instances[1..]));
        await _server.AdvanceAsync(_schema, Lease);
        PresetLease taken = Assert.Single(await ClaimAsync("web", _instances[1..]));
        Assert.False(taken.CleanHandover);
        Assert.True(taken.Token > lost.Token);
    }

    [Fact]
    public async Task Nobody_gives_back_the_lease_of_another()
    {
        PresetLease held = Assert.Single(await ClaimAsync("web", _instances[0]));
        PresetLease[] forged = [held with { Token = new(held.Token.Timeline, held.Token.Counter + 1) }, held with { Token = default }, held with { Token = new(held.Token.Timeline + 1, held.Token.Counter) }];
        foreach (PresetLease lease in forged) Assert.False(await _instances[1].CompleteAsync(lease, null, TimeSpan.Zero, Ct));
        Assert.Empty(await ClaimAsync("web", _instances));
    }
}
