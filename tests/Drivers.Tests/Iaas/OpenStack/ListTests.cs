using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Lists: every page or an exception, exact names, cells that are down.</summary>
public sealed class ListTests
{
    const string Servers = "/compute/v2.1/servers/detail";

    [Fact]
    public async Task Every_page_is_read_while_servers_come_and_go()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.MaxLimit = 5;
        FakeServer[] before = [.. Enumerable.Range(0, 20).Select(_ => scene.Cloud.Nova.Add("web", scene.Cloud.Now))];
        int page = 0;
        scene.Cloud.Instead = http =>
        {
            // Between two pages, one that was told goes, one that was not told yet goes, and a new one comes.
            if (http.Request.Path != Servers || http.Request.Query["marker"].Count == 0) return Task.FromResult(false);
            int n = Interlocked.Increment(ref page);
            if (n == 1) (before[0].GoneAt, before[17].GoneAt) = (DateTimeOffset.MinValue, DateTimeOffset.MinValue);
            if (n == 2) scene.Cloud.Nova.Add("web", scene.Cloud.Now);
            return Task.FromResult(false);
        };
        IReadOnlyList<Vm> listed = await scene.Driver().ListAsync(["web"], Ct);
        Assert.Equal(listed.Count, listed.Select(vm => vm.Id).Distinct().Count());
        Assert.Superset(before.Where((_, i) => i is not (0 or 17)).Select(server => server.Id).ToHashSet(), listed.Select(vm => vm.Id).ToHashSet());
    }

    [Fact]
    public async Task A_list_is_begun_again_when_the_server_at_the_marker_is_gone()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.MaxLimit = 5;
        for (int i = 0; i < 12; i++) scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        int times = 0;
        scene.Cloud.Instead = http =>
        {
            if (http.Request.Query["marker"].ToString() is { Length: > 0 } marker && Interlocked.Increment(ref times) <= 2)
                scene.Cloud.Nova.Servers(scene.Cloud.Now).Single(server => server.Id == marker).GoneAt = DateTimeOffset.MinValue;
            return Task.FromResult(false);
        };
        Assert.Equal(10, (await scene.Driver().ListAsync(["web"], Ct)).Count);
    }

    [Fact]
    public async Task Pages_that_go_round_in_a_circle_are_no_list()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", "/servers/detail", 100, Status(200, """{"servers": [{"id": "a", "name": "web", "status": "ACTIVE"}], "servers_links": [{"rel": "next", "href": "http://x/servers?marker=a"}]}"""));
        IaasException e = await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct));
        Assert.Contains("in a circle", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, scene.Cloud.Count("GET", Servers));
    }

    [Fact]
    public async Task A_server_that_is_told_twice_on_a_page_is_there_once_as_it_was_told_first()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", "/servers/detail", 1, Status(200, """{"servers": [{"id": "a", "name": "web", "status": "ACTIVE"}, {"id": "a", "name": "web", "status": "SHUTOFF"}]}"""));
        Assert.Equal(VmState.Running, Assert.Single(await scene.Driver().ListAsync(["web"], Ct)).State);
    }

    [Fact]
    public async Task A_full_page_without_a_link_is_not_the_end()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", "/servers/detail", 1, http =>
        {
            int limit = int.Parse(http.Request.Query["limit"]!, System.Globalization.CultureInfo.InvariantCulture);
            FakeServer[] first = [.. Enumerable.Range(0, limit).Select(_ => scene.Cloud.Nova.Add("web", scene.Cloud.Now))];
            scene.Cloud.Nova.Add("web", scene.Cloud.Now);
            return FakeCloud.JsonAsync(http, 200, new JsonObject { ["servers"] = new JsonArray([.. first.Select(server => server.Show(scene.Cloud.Now, true))]) }.ToJsonString());
        });
        Assert.Equal(501, (await scene.Driver().ListAsync(["web"], Ct)).Count);
    }

    [Fact]
    public async Task A_thousand_presets_cost_pages_and_not_presets()
    {
        await using Scene scene = await StartAsync();
        string[] presets = [.. Enumerable.Range(0, 1000).Select(i => $"preset-{i}")];
        foreach (string preset in presets) scene.Cloud.Nova.Add(preset, scene.Cloud.Now);
        OpenStackDriver driver = scene.Driver();
        Assert.Equal(1000, (await driver.ListAsync(presets, Ct)).Count);
        int before = scene.Cloud.Calls.Count;
        Assert.Equal(1000, (await driver.ListAsync(presets, Ct)).Count);
        Assert.InRange(scene.Cloud.Calls.Count - before, 1, 4);
    }

    [Fact]
    public async Task Between_whole_lists_of_many_pages_what_changed_is_asked_for_and_every_new_server_is_seen()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using Scene scene = await StartAsync(time);
        scene.Cloud.Nova.MaxLimit = 10;
        string[] presets = [.. Enumerable.Range(0, 20).Select(i => $"preset-{i}")];
        FakeServer[] servers = [.. presets.SelectMany(preset => new[] { preset, preset, "foreign" }).Select(name => scene.Cloud.Nova.Add(name, scene.Cloud.Now - TimeSpan.FromHours(1)))];
        OpenStackDriver driver = scene.Driver();
        Assert.Equal(40, (await driver.ListAsync(presets, Ct)).Count);

        scene.Cloud.Calls.Clear();
        time.Advance(TimeSpan.FromSeconds(20));
        FakeServer made = scene.Cloud.Nova.Add("preset-3", scene.Cloud.Now);
        (servers[0].GoneAt, servers[1].Status, servers[1].Touched) = (scene.Cloud.Now, "SHUTOFF", scene.Cloud.Now);
        IReadOnlyList<Vm> followed = await driver.ListAsync(presets, Ct);
        Assert.Equal(40, followed.Count);
        Assert.Contains(followed, vm => vm.Id == made.Id);
        Assert.DoesNotContain(followed, vm => vm.Id == servers[0].Id);
        Assert.Equal(VmState.Terminated, followed.Single(vm => vm.Id == servers[1].Id).State);
        Assert.Equal(["?changes-since", "?sort_key", ""], scene.Cloud.Calls.Select(call => call.Query.Split('=')[0]));

        // More new ones than a page holds: the whole is read again.
        for (int i = 0; i < 11; i++) scene.Cloud.Nova.Add("preset-5", scene.Cloud.Now);
        Assert.Equal(51, (await driver.ListAsync(presets, Ct)).Count);

        // And after a minute anyway: somebody set metadata, which is no change to nova.
        scene.Cloud.Calls.Clear();
        time.Advance(TimeSpan.FromSeconds(61));
        await driver.ListAsync(presets, Ct);
        Assert.DoesNotContain(scene.Cloud.Calls, call => call.Query.Contains("changes-since", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cell_that_goes_down_between_whole_lists_is_seen()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.MaxLimit = 2;
        string[] presets = [.. Enumerable.Range(0, 8).Select(i => $"preset-{i}")];
        FakeServer[] servers = [.. presets.Select(preset => scene.Cloud.Nova.Add(preset, scene.Cloud.Now))];
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(presets, Ct);
        (servers[2].IsDown, scene.Cloud.Nova.MaxLimit) = (true, 1000);
        IReadOnlyList<Vm> listed = await driver.ListAsync(presets, Ct);
        Assert.Contains(scene.Cloud.Calls, call => call.Query.Contains("changes-since", StringComparison.Ordinal));
        Assert.Equal(8, listed.Count);
        Assert.False(listed.Single(vm => vm.Id == servers[2].Id).IsComplete);
    }

    [Fact]
    public async Task One_preset_in_a_large_project_is_asked_for_by_name()
    {
        await using Scene scene = await StartAsync();
        for (int i = 0; i < 600; i++) scene.Cloud.Nova.Add("other", scene.Cloud.Now);
        FakeServer web = scene.Cloud.Nova.Add("repo.web", scene.Cloud.Now);
        scene.Cloud.Nova.Add("repoXweb", scene.Cloud.Now);
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(["repo.web"], Ct);
        scene.Cloud.Calls.Clear();
        Assert.Equal(web.Id, Assert.Single(await driver.ListAsync(["repo.web"], Ct)).Id);
        Assert.Contains("name=%5Erepo%5B.%5Dweb%24", Assert.Single(scene.Cloud.Calls, call => call.Path == Servers).Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_a_pattern_is_looked_for_in_the_whole_list()
    {
        await using Scene scene = await StartAsync();
        FakeServer odd = scene.Cloud.Nova.Add("we(b|c) +", scene.Cloud.Now);
        OpenStackDriver driver = scene.Driver();
        for (int i = 0; i < 2; i++) Assert.Equal(odd.Id, Assert.Single(await driver.ListAsync(["we(b|c) +"], Ct)).Id);
        Assert.DoesNotContain(scene.Cloud.Calls, call => call.Query.Contains("name=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_of_a_cell_that_is_down_is_present_and_told_as_a_part()
    {
        await using Scene scene = await StartAsync();
        FakeServer web = scene.Cloud.Nova.Add("web", scene.Cloud.Now), other = scene.Cloud.Nova.Add("other", scene.Cloud.Now);
        OpenStackDriver driver = scene.Driver();
        string[] presets = ["web", "web-2", "web-3"];
        await driver.ListAsync(presets, Ct);
        web.IsDown = other.IsDown = true;

        Vm partial = Assert.Single(await driver.ListAsync(presets, Ct));
        Assert.Equal((web.Id, "web", VmState.Unknown, false), (partial.Id, partial.Name, partial.State, partial.IsComplete));
        Vm? found = await driver.FindAsync(web.Id, Ct);
        Assert.Equal((web.Id, "web", false), (found?.Id, found?.Name, found?.IsComplete));
    }

    [Fact]
    public async Task A_server_that_only_a_query_for_its_name_has_shown_is_present_when_its_cell_goes_down()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(["web"], Ct);
        FakeServer web = scene.Cloud.Nova.Add("web", scene.Cloud.Now), foreign = scene.Cloud.Nova.Add("foreign", scene.Cloud.Now);
        Assert.True(Assert.Single(await driver.ListAsync(["web"], Ct)).IsComplete);
        web.IsDown = foreign.IsDown = true;
        for (int look = 0; look < 2; look++)
        {
            Vm partial = Assert.Single(await driver.ListAsync(["web"], Ct));
            Assert.Equal((web.Id, VmState.Unknown, false), (partial.Id, partial.State, partial.IsComplete));
        }

        // And when the whole project is read the next time.
        await Task.Delay(TimeSpan.FromMinutes(11), scene.Time, Ct);
        for (int look = 0; look < 2; look++) Assert.False(Assert.Single(await driver.ListAsync(["web"], Ct)).IsComplete);
    }

    [Fact]
    public async Task A_server_of_a_cell_that_comes_back_between_two_readings_is_present()
    {
        await using Scene scene = await StartAsync();
        FakeServer web = scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        OpenStackDriver driver = scene.Driver();
        for (int look = 0; look < 2; look++)
        {
            scene.Instead("GET", "/servers/detail", 1, Status(200, """{"servers": []}"""));
            Assert.Equal((web.Id, false), Assert.Single(await driver.ListAsync(["web"], Ct)) is var vm ? (vm.Id, vm.IsComplete) : default);
        }
    }

    [Fact]
    public async Task A_create_in_doubt_is_not_ruled_out_by_a_list_that_can_not_show_it()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(["web"], Ct);
        scene.Instead("POST", "/servers", 1, http =>
        {
            scene.Cloud.Nova.Add("web", scene.Cloud.Now).IsDown = true;
            http.Abort();
            return Task.CompletedTask;
        });
        Assert.True((await FailsAsync(() => driver.CreateAsync(Request(), Ct))).EffectUnknown);
        for (int look = 0; look < 2; look++) Assert.Contains("a cell of the cloud is down", (await FailsAsync(() => driver.ListAsync(["web"], Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_with_servers_whose_name_nobody_ever_knew_is_no_list()
    {
        await using Scene scene = await StartAsync();
        FakeServer web = scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        web.IsDown = true;
        OpenStackDriver driver = scene.Driver();
        Assert.Contains("a cell of the cloud is down", (await FailsAsync(() => driver.ListAsync(["web"], Ct))).Message, StringComparison.Ordinal);
        Assert.Contains("its cell is down", (await FailsAsync(() => driver.FindAsync(web.Id, Ct))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.93", "compute 2.69")]
    [InlineData("2.60", "compute 2.60")]
    [InlineData("2.1", null)]
    [InlineData("", null)]
    public async Task The_newest_microversion_that_is_wanted_and_there_is_used(string newest, string? asked)
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.MaxMicroversion = newest;
        scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        Assert.Single(await scene.Driver().ListAsync(["web"], Ct));
        Assert.Equal(asked, scene.Cloud.Calls.Last().Microversion);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_cloud_that_does_not_tell_its_microversions_once_is_asked_again(int status)
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        scene.Instead("GET", "/compute/v2.1/", 1, Status(status));
        await driver.ListAsync(["web"], Ct);
        await driver.ListAsync(["web"], Ct);
        Assert.Equal("compute 2.69", scene.Cloud.Calls.Last().Microversion);
    }

    [Fact]
    public async Task Addresses_are_of_all_networks_and_fixed_before_floating()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", "/servers/detail", 1, Status(200, """
            {"servers": [{"id": "a", "name": "web", "status": "ACTIVE", "addresses": {
              "one": [{"addr": "203.0.113.9", "version": 4, "OS-EXT-IPS:type": "floating"}, {"addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed"}],
              "two": [{"version": 6, "addr": "2001:db8::5"}]}}]}
            """));
        Assert.Equal(["10.0.0.5", "2001:db8::5", "203.0.113.9"], Assert.Single(await scene.Driver().ListAsync(["web"], Ct)).Addresses);
    }

    [Theory]
    [InlineData("ACTIVE", null, null, VmState.Running)]
    [InlineData("BUILD", "spawning", null, VmState.Pending)]
    [InlineData("REBUILD", null, null, VmState.Pending)]
    [InlineData("SHUTOFF", null, null, VmState.Terminated)]
    [InlineData("DELETED", null, null, VmState.Terminated)]
    [InlineData("SOFT_DELETED", null, null, VmState.Terminated)]
    [InlineData("SUSPENDED", null, null, VmState.Terminated)]
    [InlineData("PAUSED", null, null, VmState.Unknown)]
    [InlineData("VERIFY_RESIZE", null, null, VmState.Unknown)]
    [InlineData("UNKNOWN", null, null, VmState.Unknown)]
    [InlineData("ACTIVE", "deleting", null, VmState.NearbyShutdown)]
    [InlineData("ACTIVE", "powering-off", null, VmState.Running)]
    [InlineData("ACTIVE", null, -1, VmState.AfterTimeShutdown)]
    [InlineData("ACTIVE", null, 800, VmState.NearbyShutdown)]
    [InlineData("ACTIVE", null, 1000, VmState.Running)]
    [InlineData("BUILD", null, -1, VmState.AfterTimeShutdown)]
    [InlineData("SHUTOFF", null, 800, VmState.Terminated)]
    [InlineData("PAUSED", null, -1, VmState.Unknown)]
    public async Task States_are_as_promised_by_the_clouds_own_clock(string status, string? task, int? shutdownIn, VmState state)
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Skew = TimeSpan.FromHours(7);
        scene.Instead("GET", "/servers/detail", 1, http =>
        {
            var server = new JsonObject { ["id"] = "a", ["name"] = "web", ["status"] = status, ["OS-EXT-STS:task_state"] = task, ["metadata"] = new JsonObject() };
            if (shutdownIn is { } seconds) server["metadata"]!["iaas_timed_shutdown"] = $"{scene.Cloud.Now.ToUnixTimeSeconds() + seconds}";
            return FakeCloud.JsonAsync(http, 200, new JsonObject { ["servers"] = new JsonArray(server) }.ToJsonString());
        });
        Assert.Equal(state, Assert.Single(await scene.Driver().ListAsync(["web"], Ct)).State);
    }

    [Fact]
    public async Task An_error_of_a_young_server_counts_when_a_second_look_agrees()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Skew = TimeSpan.FromHours(-3);
        FakeServer young = scene.Cloud.Nova.Add("web", scene.Cloud.Now), old = scene.Cloud.Nova.Add("old", scene.Cloud.Now - TimeSpan.FromHours(1));
        young.Status = old.Status = "ERROR";
        OpenStackDriver driver = scene.Driver();
        Assert.Equal(VmState.Terminated, Assert.Single(await driver.ListAsync(["old"], Ct)).State);
        Assert.Equal(VmState.Pending, Assert.Single(await driver.ListAsync(["web"], Ct)).State);
        Assert.Equal(VmState.Pending, (await driver.FindAsync(young.Id, Ct))?.State);
        await Task.Delay(TimeSpan.FromSeconds(16), scene.Time, Ct);
        Assert.Equal(VmState.Terminated, Assert.Single(await driver.ListAsync(["web"], Ct)).State);

        young.Status = "ACTIVE";
        Assert.Equal(VmState.Running, Assert.Single(await driver.ListAsync(["web"], Ct)).State);
        young.Status = "ERROR";
        Assert.Equal(VmState.Pending, Assert.Single(await driver.ListAsync(["web"], Ct)).State);
    }
}
