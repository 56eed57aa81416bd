using System.Text.Json;
using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace Instances.Tests;

/// <summary>Several instances: what each shows of the others' presets, and what becomes of it when they do not see the same.</summary>
public sealed class ManyViewsTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    const string AtRest = "vmshepherd_presets{status=\"at_rest\"}";

    [Fact]
    public async Task Every_instance_shows_every_preset_and_who_manages_it_also_after_a_crash()
    {
        await using Fleet fleet = await Fleet.StartAsync(postgres.Server, "views", latency: 0);
        Installation place = fleet.AnotherPlace();

        // Not at each pass: where the interval leaves no room for courtesy, presets go to and fro.
        for (int i = 0; i < 6; i++) Write(place, $"p{i}", 2, interval: 5, DateTime.UtcNow);
        Uri[] instances = await fleet.LaunchAsync([place, place]);
        await fleet.UntilAsync("all presets at rest", async () => await fleet.SumAsync(instances, AtRest) == 6);

        await fleet.UntilAsync("both say the same of who manages what", async () => await ManagersAsync(fleet, instances[0]) is { } one && one == await ManagersAsync(fleet, instances[1]));
        foreach (Uri instance in instances) Assert.Equal(2, await MachinesAsync(fleet, instance));
        JsonElement report = default;
        await fleet.UntilAsync("both have heard that it is at rest", async () =>
            (report = (await fleet.CallAsync(instances[0], "get_preset_report", "p3"))!.Value).GetProperty("outcome").GetString() == "at_rest"
            && (await fleet.CallAsync(instances[1], "get_preset_report", "p3"))!.Value.GetProperty("outcome").GetString() == "at_rest");
        Assert.Equal(2, report.GetProperty("present").GetInt32());
        Assert.NotEqual("0.0", report.GetProperty("token").GetString());

        // All die, and nobody can look any more: whoever comes next shows what they saw.
        foreach (VmShepherdProcess instance in fleet.Instances) await instance.SignalAsync("KILL");
        await fleet.EndCloudAsync();
        Uri next = Assert.Single(await fleet.LaunchAsync([place]));
        await fleet.UntilAsync("the last reports are shown", async () => await MachinesAsync(fleet, next) == 2);
    }

    static async Task<string?> ManagersAsync(Fleet fleet, Uri instance)
    {
        JsonElement?[] reports = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => fleet.CallAsync(instance, "get_preset_report", $"p{i}")));
        return reports.Any(report => report is null) ? null : string.Join(' ', reports.Select(report => report!.Value.GetProperty("instance").GetString()));
    }

    static async Task<int> MachinesAsync(Fleet fleet, Uri instance) => await fleet.CallAsync(instance, "list_vms", "p3") is { } vms ? vms[1].EnumerateObject().Count() : 0;

    /// <summary>Count 5 here, 3 there: without an order they would make and end two machines in turn, for ever.</summary>
    [Fact]
    public async Task Instances_that_see_different_versions_of_a_preset_settle_on_the_later_one()
    {
        await using Fleet fleet = await Fleet.StartAsync(postgres.Server, "versions", latency: 0);
        Installation older = fleet.AnotherPlace(), later = fleet.AnotherPlace();
        Write(older, "web", 5, interval: 0, DateTime.UtcNow.AddMinutes(-10));
        Write(later, "web", 3, interval: 0, DateTime.UtcNow.AddMinutes(-5));

        Uri behind = Assert.Single(await fleet.LaunchAsync([older]));
        await fleet.UntilAsync("five machines, and at rest", async () => await fleet.CountAsync() == 5 && await fleet.SumAsync([behind], AtRest) == 1);
        await fleet.LaunchAsync([later]);
        await fleet.UntilAsync("three machines", async () => await fleet.CountAsync() == 3);

        // Whoever lags behind gets the preset when the other one sleeps, and says why it does nothing.
        await fleet.Instances[1].SignalAsync("STOP");
        await fleet.UntilAsync("the one behind holds back", async () =>
            await fleet.CallAsync(behind, "get_preset_report", "web") is { } report && report.GetProperty("held").EnumerateArray().Any(hold => hold.GetProperty("brake").GetString() == "revision"));
        await fleet.Instances[1].SignalAsync("CONT");
        Assert.Equal((3, 5), (await fleet.CountAsync(), await fleet.HappenedAsync("create")));

        // It catches up, and acts again.
        Write(older, "web", 4, interval: 0, DateTime.UtcNow);
        await fleet.UntilAsync("four machines", async () => await fleet.CountAsync() == 4);
    }

    static void Write(Installation place, string name, int count, int interval, DateTime at)
    {
        string file = place.Write($"presets/{name}.conf", $"""
            name: {name}
            count: {count}
            scale_in: newest
            image: debian
            flavor: small
            manage_interval: {interval}
            manage_expire: 15
            replace_pace: 1
            startup_grace: 0

            """);
        File.SetLastWriteTimeUtc(file, at);
    }
}
