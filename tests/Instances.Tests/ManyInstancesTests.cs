using Drivers.Tests.Runtime.Postgres;

namespace Instances.Tests;

/// <summary>A PostgreSQL for the tests of one class.</summary>
public sealed class OwnPostgres : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgresServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>Several instances on the same presets: what the cloud's ledger says is what counts.</summary>
public sealed class ManyInstancesTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    const string AtRest = "vmshepherd_presets{status=\"at_rest\"}", Cycles = "vmshepherd_cycle_duration_seconds_count{}";

    /// <summary>The original made fifteen machines of five here.</summary>
    [Fact]
    public async Task Three_cold_instances_make_five_machines_of_five_every_time()
    {
        for (int round = 1; round <= Extent.ColdStarts; round++)
        {
            await using Fleet fleet = await Fleet.StartAsync(postgres.Server, $"cold{round}", latency: 0.2);
            fleet.WritePreset("web", 5);
            Uri[] instances = await fleet.LaunchAsync(3);
            await fleet.UntilAsync("five machines, and at rest", async () => await fleet.CountAsync() >= 5 && await fleet.SumAsync(instances, AtRest) > 0);
            double cycles = await fleet.SumAsync(instances, Cycles);
            await fleet.UntilAsync("five more cycles", async () => await fleet.SumAsync(instances, Cycles) >= cycles + 5);

            Assert.Equal((5, 5, 0), (await fleet.CountAsync(), await fleet.HappenedAsync("create"), await fleet.HappenedAsync("terminate")));
        }
    }

    /// <summary>Killed in the middle of its creates: the other takes over when the lease is over, finds what came of them, and makes the rest.</summary>
    [Fact]
    public async Task A_killed_holder_is_taken_over_and_nothing_is_doubled()
    {
        await using Fleet fleet = await Fleet.StartAsync(postgres.Server, "killed", latency: 1);
        fleet.WritePreset("web", 5, "manage_expire: 15");
        Uri[] first = await fleet.LaunchAsync(1);
        await fleet.UntilAsync("some machines, not all", async () => await fleet.CountAsync() > 0);
        await fleet.Instances[0].SignalAsync("KILL");
        Assert.Single(first);
        Uri[] second = await fleet.LaunchAsync(1);
        await fleet.UntilAsync("five machines, and at rest", async () => await fleet.CountAsync() >= 5 && await fleet.SumAsync(second, AtRest) > 0);

        Assert.Equal((5, 5, 0), (await fleet.CountAsync(), await fleet.HappenedAsync("create"), await fleet.HappenedAsync("terminate")));
    }

    /// <summary>Each call takes two and a half seconds: list and creates together take longer than <c>manage_expire</c>, with another instance waiting to take over.</summary>
    [Fact]
    public async Task A_manage_run_longer_than_its_lease_makes_no_machine_too_many()
    {
        await using Fleet fleet = await Fleet.StartAsync(postgres.Server, "long", latency: 2.5);
        fleet.WritePreset("web", 5, "manage_expire: 15");
        Uri[] instances = await fleet.LaunchAsync(2);
        await fleet.UntilAsync("five machines, and at rest", async () => await fleet.CountAsync() >= 5 && await fleet.SumAsync(instances, AtRest) > 0);

        Assert.Equal((5, 5, 0), (await fleet.CountAsync(), await fleet.HappenedAsync("create"), await fleet.HappenedAsync("terminate")));
    }

    /// <summary>There, a process that died between its lock and its first save blocked the preset for ever.</summary>
    [Fact]
    public async Task A_holder_killed_between_its_claim_and_its_first_save_is_taken_over_when_its_lease_is_over()
    {
        await using Fleet fleet = await Fleet.StartAsync(postgres.Server, "unsaved", latency: 3);
        fleet.WritePreset("web", 2, "manage_expire: 15");
        await fleet.LaunchAsync(1);
        await fleet.UntilAsync("a claim", async () => await postgres.Server.ExecuteAsync("select count(*) from unsaved.lease where held and preset = 'web'", "shepherd") is 1L);
        await fleet.Instances[0].SignalAsync("KILL");
        Assert.Equal(0L, await postgres.Server.ExecuteAsync("select count(*) from unsaved.state where preset = 'web'", "shepherd"));
        var ends = (DateTime)(await postgres.Server.ExecuteAsync("select next_at from unsaved.lease where preset = 'web'", "shepherd"))!;

        Uri[] second = await fleet.LaunchAsync(1);
        await fleet.UntilAsync("a takeover", async () => await postgres.Server.ExecuteAsync("select set_at from unsaved.lease where preset = 'web'", "shepherd") is DateTime taken && taken >= ends);
        await fleet.UntilAsync("two machines, and at rest", async () => await fleet.CountAsync() >= 2 && await fleet.SumAsync(second, AtRest) > 0);
        Assert.Equal((2, 2, 0), (await fleet.CountAsync(), await fleet.HappenedAsync("create"), await fleet.HappenedAsync("terminate")));
    }
}
