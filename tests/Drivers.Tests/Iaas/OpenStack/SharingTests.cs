using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Presets with options of their own get a driver instance of their own. What a login has met, and what a cloud can bear, is known to all of them.</summary>
public sealed class SharingTests
{
    const string Servers = "/compute/v2.1/servers/detail", Login = "/v3/auth/tokens";

    static FakeTimeProvider Frozen() => new(DateTimeOffset.UnixEpoch.AddYears(56));

    [Fact]
    public async Task Patience_that_nova_asks_of_one_preset_is_kept_by_all_of_its_login()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        OpenStackDriver one = scene.Driver(), other = scene.Driver(volumeSize: 5);
        scene.Instead("GET", "/servers/detail", 1, Status(429, """{"overLimit": {"message": "slow down"}}""", headers: ("Retry-After", "77")));
        await FailsAsync(() => one.ListAsync(["web"], Ct));
        scene.Cloud.Calls.Clear();

        time.Advance(TimeSpan.FromSeconds(7));
        foreach (Func<Task> call in (Func<Task>[])[() => other.ListAsync(["other"], Ct), () => other.CreateAsync(Request("other"), Ct), () => other.FindAsync("id", Ct), () => other.TerminateAsync(new VmTermination("id", "other", "1"), Ct)])
        {
            IaasException e = await FailsAsync(call);
            Assert.Equal((IaasFailure.Throttled, TimeSpan.FromSeconds(70), false), (e.Failure, e.RetryAfter, e.EffectUnknown));
            Assert.Contains("no call is sent for 70 s more: ", e.Message, StringComparison.Ordinal);
            Assert.Contains("slow down", e.Message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(scene.Cloud.Calls, call => call.Path.StartsWith("/compute", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(70));
        Assert.Empty(await other.ListAsync(["other"], Ct));
    }

    [Fact]
    public async Task Who_waits_for_a_turn_when_patience_is_asked_for_sends_nothing_and_who_comes_later_does_not_wait()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(["web"], Ct);
        scene.Driver(perSecond: 1);
        scene.Cloud.Calls.Clear();
        var go = new TaskCompletionSource();
        scene.Instead("GET", "/first", 1, async http =>
        {
            await go.Task;
            await Status(429, headers: ("Retry-After", "77"))(http);
        });
        Task<Vm?> first = driver.FindAsync("first", Ct), second = driver.FindAsync("second", Ct);
        go.SetResult();
        await FailsAsync(() => first);
        Assert.Equal(IaasFailure.Throttled, (await FailsAsync(() => driver.FindAsync("later", Ct))).Failure);
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(IaasFailure.Throttled, (await FailsAsync(() => second)).Failure);
        Assert.Single(scene.Cloud.Calls);
    }

    [Fact]
    public async Task Patience_that_glance_asks_for_holds_up_no_call_to_nova()
    {
        await using Scene scene = await StartAsync(Frozen());
        OpenStackDriver driver = scene.Driver();
        scene.Instead("GET", "/images", 1, Status(429, headers: ("Retry-After", "77")));
        Assert.Equal(IaasFailure.Throttled, (await FailsAsync(() => driver.CreateAsync(Request(), Ct))).Failure);
        Assert.Empty(await driver.ListAsync(["web"], Ct));
        Assert.Equal(IaasFailure.Throttled, (await FailsAsync(() => driver.CreateAsync(Request("other"), Ct))).Failure);
        Assert.Equal(1, scene.Cloud.Count("GET", "/image/v2/images"));
    }

    [Fact]
    public async Task An_http_timeout_is_no_other_logins()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        OpenStackDriver driver = scene.Driver(timeout: 10);
        scene.Driver(timeout: 600, region: "RegionTwo");
        await driver.GetScopeAsync(Ct);
        (TaskCompletionSource isAsked, TaskCompletionSource go) = (new(), new());
        scene.Instead("GET", "/servers/id", 1, async _ =>
        {
            isAsked.SetResult();
            await go.Task;
        });
        Task<Vm?> find = driver.FindAsync("id", Ct);
        await isAsked.Task;
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("no answer within 10 s", (await FailsAsync(() => find.WaitAsync(TimeSpan.FromSeconds(30), Ct))).Message, StringComparison.Ordinal);
        go.SetResult();
    }

    [Fact]
    public async Task A_request_that_is_too_long_for_a_proxy_holds_up_nobody_else()
    {
        await using Scene scene = await StartAsync(Frozen());
        OpenStackDriver driver = scene.Driver();
        scene.Instead("POST", "/servers", 1, Status(413, "<html>413 Request Entity Too Large</html>", "text/html"));
        Assert.Equal(IaasFailure.Rejected, (await FailsAsync(() => driver.CreateAsync(Request(), Ct))).Failure);
        Assert.NotEmpty(await driver.CreateAsync(Request("other"), Ct));
    }

    [Fact]
    public async Task Patience_that_keystone_asks_of_one_preset_is_kept_by_all_of_its_login_while_it_has_no_token()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        OpenStackDriver one = scene.Driver(), other = scene.Driver(volumeSize: 5);
        scene.Instead("POST", "/auth/tokens", 1, Status(429, headers: ("Retry-After", "77")));
        await FailsAsync(() => one.GetScopeAsync(Ct));
        Assert.Equal((IaasFailure.Throttled, TimeSpan.FromSeconds(77)), await FailsAsync(() => other.GetScopeAsync(Ct)) is var e ? (e.Failure, e.RetryAfter) : default);
        Assert.Equal(1, scene.Cloud.Count("POST", Login));
        time.Advance(TimeSpan.FromSeconds(77));
        Assert.NotEmpty(await other.GetScopeAsync(Ct));
    }

    [Fact]
    public async Task A_keystone_that_asks_for_patience_holds_up_no_call_while_the_token_is_good()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        scene.Cloud.TokenLifetime = TimeSpan.FromSeconds(500);
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(["web"], Ct);
        time.Advance(TimeSpan.FromSeconds(410));
        scene.Instead("POST", "/auth/tokens", 100, Status(429, headers: ("Retry-After", "60")));
        for (int look = 0; look < 3; look++)
        {
            Assert.Empty(await driver.ListAsync(["web"], Ct));
            time.Advance(TimeSpan.FromSeconds(15));
        }

        Assert.Equal(2, scene.Cloud.Count("POST", Login));
    }

    [Fact]
    public async Task A_login_that_is_refused_to_one_preset_is_tried_again_by_none_for_a_while()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, 5).Select(size => scene.Driver(password: "wr0ng", volumeSize: size))];
        await RefusedAsync(logins: 1);

        // Longer each time.
        time.Advance(TimeSpan.FromSeconds(9));
        await RefusedAsync(logins: 1);
        time.Advance(TimeSpan.FromSeconds(1));
        await RefusedAsync(logins: 2);
        time.Advance(TimeSpan.FromSeconds(19));
        await RefusedAsync(logins: 2);
        time.Advance(TimeSpan.FromSeconds(1));
        await RefusedAsync(logins: 3);

        // Another login is nobody's business.
        Assert.NotEmpty(await scene.Driver().GetScopeAsync(Ct));

        async Task RefusedAsync(int logins)
        {
            foreach (OpenStackDriver driver in drivers)
            {
                IaasException e = await FailsAsync(() => driver.ListAsync(["web"], Ct));
                Assert.Equal(IaasFailure.Unauthorized, e.Failure);
                Assert.Contains("refuses the login", e.Message, StringComparison.Ordinal);
            }

            Assert.Equal(logins, scene.Cloud.Count("POST", Login));
        }
    }

    [Fact]
    public async Task Of_different_paces_at_one_cloud_the_lowest_counts_for_all_until_it_is_gone()
    {
        var pace = new Pace("cloud.example:5000", Frozen());
        List<string> log = [];
        using IDisposable fast = pace.Join(new CallLimits(1000, 3), log.Add);
        using IDisposable same = pace.Join(new CallLimits(1000, 3), log.Add);
        Assert.Empty(log);
        IDisposable slow = pace.Join(new CallLimits(1000, 1), log.Add);
        Assert.Equal("all presets at cloud.example:5000 now share calls_per_second 1000 and calls_in_flight 1, the lowest that any of them asks for (before: 1000 and 3)", Assert.Single(log));
        Task<Pace.Slot>[] calls = [.. Enumerable.Range(0, 4).Select(_ => pace.EnterAsync(Ct))];
        await calls[0];
        Assert.Equal([true, false, false, false], calls.Select(call => call.IsCompleted));

        slow.Dispose();
        await Task.WhenAll(calls[1], calls[2]);
        Assert.False(calls[3].IsCompleted);
        Assert.Equal("all presets at cloud.example:5000 now share calls_per_second 1000 and calls_in_flight 3, the lowest that any of them asks for (before: 1000 and 1)", log[1]);
        (await calls[1]).Dispose();
        await calls[3];
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_a_turn_leaves_it_to_the_next()
    {
        var pace = new Pace("cloud.example:5000", Frozen());
        using IDisposable limits = pace.Join(new CallLimits(1000, 1), _ => { });
        Pace.Slot first = await pace.EnterAsync(Ct);
        using var end = new CancellationTokenSource();
        Task<Pace.Slot> impatient = pace.EnterAsync(end.Token), patient = pace.EnterAsync(Ct);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        first.Dispose();
        await patient;
    }

    [Fact]
    public async Task Calls_under_way_at_once_are_counted_over_all_logins_at_a_cloud()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, 6).Select(size => scene.Driver(volumeSize: size, region: size % 2 == 0 ? "RegionOne" : "RegionTwo", inFlight: size == 3 ? 2 : 50))];
        int under = 0, most = 0;
        scene.Cloud.Instead = async http =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref under));
            await Task.Delay(5);
            Interlocked.Decrement(ref under);
            return false;
        };
        await Task.WhenAll(drivers.SelectMany(driver => Enumerable.Range(0, 10).Select(_ => driver.FindAsync(Guid.NewGuid().ToString(), Ct))));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Presets_with_options_of_their_own_cost_pages_and_not_presets()
    {
        await using Scene scene = await StartAsync(Frozen());
        const int Presets = 100;
        for (int i = 1; i <= Presets; i++) scene.Cloud.Nova.Add($"preset-{i}", scene.Cloud.Now);
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, Presets).Select(i => scene.Driver(volumeSize: i, serverGroup: i % 2 == 0 ? "apart" : null))];
        for (int cycle = 0; cycle < 3; cycle++)
        {
            scene.Cloud.Calls.Clear();

            // The first reading lasts until all have asked.
            var asked = new TaskCompletionSource();
            scene.Cloud.Instead = async _ =>
            {
                await asked.Task;
                return false;
            };
            Task<IReadOnlyList<Vm>>[] lists = [.. drivers.Select((driver, i) => driver.ListAsync([$"preset-{i + 1}"], Ct))];
            asked.SetResult();
            IReadOnlyList<Vm>[] listed = await Task.WhenAll(lists);
            Assert.Equal(Enumerable.Range(1, Presets).Select(i => $"preset-{i}"), listed.Select(list => Assert.Single(list).Name));

            // One reading for the first, and one for all others: a page or a name, and the list of cells that are down. At first the login, and the microversion.
            Assert.InRange(scene.Cloud.Calls.Count, 2, 4 + (cycle == 0 ? 2 : 0));
        }
    }

    [Fact]
    public async Task A_view_of_many_pages_is_followed_for_all_who_ask_by_turns()
    {
        await using Scene scene = await StartAsync(Frozen());
        scene.Cloud.Nova.MaxLimit = 10;
        string[] presets = [.. Enumerable.Range(0, 20).Select(i => $"preset-{i}")];
        foreach (string preset in presets) scene.Cloud.Nova.Add(preset, scene.Cloud.Now - TimeSpan.FromHours(1));
        OpenStackDriver one = scene.Driver(), other = scene.Driver(volumeSize: 5);
        for (int cycle = 0; cycle < 2; cycle++)
        {
            scene.Cloud.Calls.Clear();
            Assert.Equal(10, (await one.ListAsync(presets[..10], Ct)).Count);
            Assert.Equal(10, (await other.ListAsync(presets[10..], Ct)).Count);
        }

        Assert.Equal(2, scene.Cloud.Calls.Count(call => call.Query.StartsWith("?changes-since", StringComparison.Ordinal)));
        Assert.Equal(6, scene.Cloud.Calls.Count);
    }

    [Fact]
    public async Task A_list_is_begun_after_it_was_asked_for_however_many_share_it()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver one = scene.Driver(), other = scene.Driver(volumeSize: 5);
        await one.ListAsync(["web"], Ct);
        (TaskCompletionSource isRead, TaskCompletionSource go) = (new(), new());
        int lists = 0;
        scene.Cloud.Instead = async http =>
        {
            if (http.Request.Path != Servers || Interlocked.Increment(ref lists) > 1) return false;
            await Status(200, """{"servers": []}""")(http); // as it was before the machine was made
            isRead.SetResult();
            await go.Task;
            return true;
        };
        Task<IReadOnlyList<Vm>> early = one.ListAsync(["web"], Ct);
        await isRead.Task;
        FakeServer made = scene.Cloud.Nova.Add("other", scene.Cloud.Now);
        Task<IReadOnlyList<Vm>> late = other.ListAsync(["other"], Ct);
        go.SetResult();
        await early;
        Assert.Equal(made.Id, Assert.Single(await late).Id);
    }

    [Fact]
    public async Task A_list_that_takes_long_holds_up_another_ones_for_a_second()
    {
        FakeTimeProvider time = Frozen();
        await using Scene scene = await StartAsync(time);
        OpenStackDriver one = scene.Driver(), other = scene.Driver(volumeSize: 5);
        await one.ListAsync(["web"], Ct);
        (TaskCompletionSource isAsked, TaskCompletionSource go) = (new(), new());
        scene.Instead("GET", "/servers/detail", 1, async http =>
        {
            isAsked.SetResult();
            await go.Task;
            await Status(200, """{"servers": []}""")(http);
        });
        Task<IReadOnlyList<Vm>> slow = one.ListAsync(["web"], Ct);
        await isAsked.Task;
        Task<IReadOnlyList<Vm>> waiting = other.ListAsync(["other"], Ct);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await waiting);
        Assert.False(slow.IsCompleted);
        go.SetResult();
        Assert.Empty(await slow);
    }

    [Fact]
    public async Task Who_gives_up_a_list_takes_it_from_nobody_else()
    {
        await using Scene scene = await StartAsync(Frozen());
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, 4).Select(size => scene.Driver(volumeSize: size))];
        await drivers[0].ListAsync(["web"], Ct);
        FakeServer web = scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        (TaskCompletionSource isAsked, TaskCompletionSource go) = (new(), new());
        scene.Instead("GET", "/servers/detail", 1, async http =>
        {
            isAsked.SetResult();
            await Task.WhenAny(go.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
            await Status(200, """{"servers": []}""")(http);
        });
        using var end = new CancellationTokenSource();
        Task<IReadOnlyList<Vm>> first = drivers[0].ListAsync(["web"], end.Token), second = drivers[1].ListAsync(["web"], end.Token);
        await isAsked.Task;
        Task<IReadOnlyList<Vm>> third = drivers[2].ListAsync(["web"], Ct);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(web.Id, Assert.Single(await third).Id);
        Assert.Equal(web.Id, Assert.Single(await drivers[3].ListAsync(["web"], Ct)).Id);
    }

    [Fact]
    public async Task Each_preset_has_its_own_grace_before_an_announced_shutdown()
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now, new()
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["iaas_timed_shutdown"] = $"{(scene.Cloud.Now + TimeSpan.FromHours(5)).ToUnixTimeSeconds()}" },
        });
        server.Status = "ACTIVE";
        OpenStackDriver early = scene.Driver(shutdownGrace: 36_000), late = scene.Driver(shutdownGrace: 60);
        for (int look = 0; look < 2; look++)
        {
            Assert.Equal(VmState.NearbyShutdown, Assert.Single(await early.ListAsync(["web"], Ct)).State);
            Assert.Equal(VmState.Running, Assert.Single(await late.ListAsync(["web"], Ct)).State);
            Assert.Equal(VmState.NearbyShutdown, (await early.FindAsync(server.Id, Ct))?.State);
            Assert.Equal(VmState.Running, (await late.FindAsync(server.Id, Ct))?.State);
        }
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (int seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, value, seen);
    }
}
