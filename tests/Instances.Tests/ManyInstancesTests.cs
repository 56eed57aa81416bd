using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Instances;

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
    public async Task Three_cold_instances_make_five_machines_of_five_ten_times_of_ten()
    {
        for (int round = 1; round <= 10; round++)
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
}
