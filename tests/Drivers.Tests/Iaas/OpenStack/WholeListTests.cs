using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Drivers.Iaas.OpenStack.Servers;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>A large project whose pages are slow: it is read once at a time, and nobody is told of none where nobody looked.</summary>
public sealed class WholeListTests
{
    const string Servers = "/compute/v2.1/servers/detail";
    const int Pages = 7;

    /// <summary>Of the test's own clock: a list that waits for what it should not wait for never comes.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly string[] Presets = [.. Enumerable.Range(0, 30).Select(i => $"preset-{i}")];

    static async Task<(Scene Scene, FakeTimeProvider Time)> LargeAsync()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        Scene scene = await StartAsync(time);
        scene.Cloud.Nova.MaxLimit = 10;
        foreach (string preset in Presets.SelectMany(preset => new[] { preset, preset })) scene.Cloud.Nova.Add(preset, scene.Cloud.Now - TimeSpan.FromHours(1));
        return (scene, time);
    }

    static bool IsPageOfWhole(HttpContext http) => http.Request.Path == Servers && http.Request.Query["sort_dir"] == "asc" && !http.Request.Query.ContainsKey("changes-since") && !http.Request.Query.ContainsKey("name");

    /// <summary>Holds up pages of the whole.</summary>
    static (Task IsAsked, TaskCompletionSource Go) Slow(Scene scene)
    {
        (TaskCompletionSource isAsked, TaskCompletionSource go) = (new(), new());
        scene.Cloud.Instead = async http =>
        {
            if (!IsPageOfWhole(http)) return false;
            isAsked.TrySetResult();
            await go.Task;
            return false;
        };
        return (isAsked.Task, go);
    }

    static int PagesOfWhole(Scene scene) => scene.Cloud.Calls.Count(call => call.Path == Servers && call.Query.StartsWith("?sort_key=created_at&sort_dir=asc", StringComparison.Ordinal));

    [Fact]
    public async Task While_an_old_view_is_read_again_others_follow_it()
    {
        (Scene scene, FakeTimeProvider time) = await LargeAsync();
        await using Scene end = scene;
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, 6).Select(size => scene.Driver(volumeSize: size))];
        Assert.Equal(60, (await drivers[0].ListAsync(Presets, Ct)).Count);
        time.Advance(TimeSpan.FromMinutes(11));
        (Task isAsked, TaskCompletionSource go) = Slow(scene);
        scene.Cloud.Calls.Clear();
        Task<IReadOnlyList<Vm>> whole = drivers[0].ListAsync(Presets, Ct);
        await isAsked;
        foreach (OpenStackDriver other in drivers.Skip(1))
        {
            FakeServer made = scene.Cloud.Nova.Add("preset-3", scene.Cloud.Now);
            Assert.Contains(await other.ListAsync(Presets, Ct).WaitAsync(Patience, Ct), vm => vm.Id == made.Id);
            Assert.Equal("preset-4", (await other.ListAsync(["preset-4"], Ct).WaitAsync(Patience, Ct))[0].Name);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(whole.IsCompleted);
        go.SetResult();
        Assert.Equal(65, (await whole).Count);
        Assert.Equal(Pages, PagesOfWhole(scene));
    }

    [Fact]
    public async Task Who_comes_while_the_first_view_is_read_waits_for_it_and_asks_what_has_changed()
    {
        (Scene scene, FakeTimeProvider time) = await LargeAsync();
        await using Scene end = scene;
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, 60).Select(size => scene.Driver(volumeSize: size))];
        (Task isAsked, TaskCompletionSource go) = Slow(scene);
        List<Task<IReadOnlyList<Vm>>> lists = [drivers[0].ListAsync(Presets, Ct)];
        await isAsked;
        FakeServer made = scene.Cloud.Nova.Add("preset-3", scene.Cloud.Now);
        foreach (OpenStackDriver other in drivers.Skip(1))
        {
            lists.Add(other.ListAsync(Presets, Ct));
            time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.DoesNotContain(lists, list => list.IsCompleted);
        scene.Cloud.Calls.Clear();
        go.SetResult();

        // Each list is begun after it was asked for: one that was read meanwhile would not do.
        foreach (IReadOnlyList<Vm> list in await Task.WhenAll(lists.Skip(1))) Assert.Contains(list, vm => vm.Id == made.Id);
        Assert.Equal(Pages - 1, PagesOfWhole(scene));

        // The other pages, the list of cells that are down, and once what changed.
        Assert.Equal(Pages - 1 + 1 + 3, scene.Cloud.Calls.Count);
    }

    [Fact]
    public async Task A_name_that_nobody_asked_for_of_late_is_looked_for_when_following_took_long_and_failed()
    {
        (Scene scene, FakeTimeProvider time) = await LargeAsync();
        await using Scene end = scene;
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(Presets, Ct);
        scene.Cloud.Instead = async http =>
        {
            if (http.Request.Query["sort_dir"] != "desc" && !http.Request.Query.ContainsKey("changes-since")) return false;
            time.Advance(TimeSpan.FromSeconds(301));
            if (http.Request.Query["sort_dir"] != "desc") return false;
            await Status(400, """{"badRequest": {"message": "no such order"}}""")(http);
            return true;
        };
        Assert.Equal(60, (await driver.ListAsync(Presets, Ct)).Count);
    }

    [Fact]
    public void A_list_is_not_asked_for_names_that_it_was_not_read_for()
    {
        var listing = new Listing(new HashSet<string> { "web" }, [], DateTimeOffset.UnixEpoch);
        Assert.Empty(listing.Of(new HashSet<string> { "web" }, TimeSpan.Zero));
        Assert.Contains("other", Assert.Throws<InvalidOperationException>(() => listing.Of(new HashSet<string> { "web", "other" }, TimeSpan.Zero)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_following_that_began_earlier_and_ends_later_does_not_replace_a_newer_view()
    {
        (Scene scene, FakeTimeProvider time) = await LargeAsync();
        await using Scene end = scene;
        OpenStackDriver[] drivers = [scene.Driver(volumeSize: 1), scene.Driver(volumeSize: 2), scene.Driver(volumeSize: 3)];
        await drivers[0].ListAsync(Presets, Ct);
        (TaskCompletionSource isAsked, TaskCompletionSource go) = (new(), new());
        scene.Instead("GET", "/servers", 1, async http =>
        {
            isAsked.SetResult();
            await go.Task;
            await Status(200, """{"servers": []}""")(http);
        });
        time.Advance(TimeSpan.FromSeconds(5));
        Task<IReadOnlyList<Vm>> early = drivers[0].ListAsync(Presets, Ct);
        await isAsked.Task;
        string earlier = (scene.Cloud.Now - TimeSpan.FromMinutes(2)).UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        Task<IReadOnlyList<Vm>> late = drivers[1].ListAsync(Presets, Ct);
        time.Advance(TimeSpan.FromSeconds(20));
        await late;
        go.SetResult();
        await early;

        scene.Cloud.Calls.Clear();
        time.Advance(TimeSpan.FromSeconds(5));
        await drivers[2].ListAsync(Presets, Ct);
        string query = Uri.UnescapeDataString(scene.Cloud.Calls.First().Query);
        Assert.StartsWith("?changes-since=", query, StringComparison.Ordinal);
        Assert.DoesNotContain(earlier, query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_that_passed_before_the_cloud_answered_does_not_make_its_clock_run_ahead()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using Scene scene = await StartAsync(time);
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now, new()
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["iaas_timed_shutdown"] = $"{(scene.Cloud.Now + TimeSpan.FromSeconds(110)).ToUnixTimeSeconds()}" },
        });
        server.Status = "ACTIVE";
        scene.Cloud.Instead = http =>
        {
            if (http.Request.Path == "/v3/auth/tokens") time.Advance(TimeSpan.FromSeconds(60));
            return Task.FromResult(false);
        };
        IReadOnlyList<Vm> listed = await scene.Driver(shutdownGrace: 10).ListAsync(["web"], Ct);
        Assert.Equal(VmState.Running, Assert.Single(listed).State);
    }
}
