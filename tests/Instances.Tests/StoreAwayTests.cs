using Drivers.Tests;
using Drivers.Tests.Runtime.Postgres;

namespace Instances.Tests;

/// <summary>The store goes away under a running instance, and comes back.</summary>
public sealed class StoreAwayTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    [Fact]
    public async Task Without_its_store_an_instance_goes_on_looking_and_checking_acts_on_nothing_and_takes_up_its_work_by_itself()
    {
        int port = Ports.Free();
        await using Fleet fleet = await Fleet.StartAsync(postgres.Server, "away", latency: 0, "--serve-http", $"{port}");
        fleet.WritePreset("web", 3, $"healthcheck: {{driver: HttpHealthcheck, port: {port}}}\nmanage_expire: 15");
        Uri[] instance = await fleet.LaunchAsync(1);
        await fleet.UntilAsync("three machines, all well", async () => await fleet.SumAsync(instance, "vmshepherd_presets{status=\"at_rest\"}") > 0);

        await postgres.Server.StopServerAsync();
        await fleet.UntilAsync("not ready, for the store", async () => (await fleet.GetAsync(instance[0], "/readyz?verbose")).Contains("\nruntime: ", StringComparison.Ordinal));
        string[] vms = await fleet.MachinesAsync();
        await fleet.MakeAsync(vms[0], "hang");
        await fleet.MakeAsync(vms[1], "error");
        await fleet.UntilAsync("one unhealthy, one in error, one well", async () =>
            await fleet.SumAsync(instance, "vmshepherd_machines{state=\"unhealthy\"}") == 1 && await fleet.SumAsync(instance, "vmshepherd_machines{state=\"error\"}") == 1);
        Assert.Contains("looked at and checked only, nothing is created or ended", await fleet.GetAsync(instance[0], "/"), StringComparison.Ordinal);
        Assert.Equal((3, 0), (await fleet.HappenedAsync("create"), await fleet.HappenedAsync("terminate")));

        await postgres.Server.StartServerAsync();
        await fleet.UntilAsync("ready, and the one in error replaced", async () => (await fleet.GetAsync(instance[0], "/readyz")).Trim() == "ok" && await fleet.HappenedAsync("create") == 4);
        Assert.Equal(1, await fleet.HappenedAsync("terminate"));
    }
}
