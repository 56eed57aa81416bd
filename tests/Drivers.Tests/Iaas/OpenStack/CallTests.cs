using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Answers that a cloud gives on its bad days.</summary>
public sealed class CallTests
{
    const string Servers = "/servers/detail", Create = "/servers", Html = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>nginx/1.2</body></html>";

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_look_that_stumbles_is_tried_again(int status)
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", Servers, 2, Status(status, Html, "text/html"));
        Assert.Empty(await scene.Driver().ListAsync(["web"], Ct));
        Assert.Equal(3, scene.Cloud.Count("GET", "/compute/v2.1/servers/detail"));
    }

    [Fact]
    public async Task A_look_is_not_tried_for_ever_and_says_what_was_answered()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", Servers, 100, Status(502, Html, "text/html"));
        IaasException e = await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct));
        Assert.Equal((IaasFailure.Unavailable, false), (e.Failure, e.EffectUnknown));
        Assert.Contains("nova answers 502: 502 Bad Gateway nginx/1.2", e.Message, StringComparison.Ordinal);
        Assert.Contains("req-", e.RequestId, StringComparison.Ordinal);
        Assert.Equal(3, scene.Cloud.Count("GET", "/compute/v2.1/servers/detail"));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(413)]
    public async Task Retry_after_in_seconds_is_told_to_the_core(int status)
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", Servers, 100, Status(status, """{"overLimit": {"code": 413, "message": "This request was rate-limited."}}""", headers: ("Retry-After", "77")));
        IaasException e = await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct));
        Assert.Equal((IaasFailure.Throttled, TimeSpan.FromSeconds(77)), (e.Failure, e.RetryAfter));
        Assert.Contains("This request was rate-limited.", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, scene.Cloud.Count("GET", "/compute/v2.1/servers/detail"));
    }

    [Fact]
    public async Task Retry_after_as_a_date_is_counted_by_the_clouds_own_clock()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Skew = TimeSpan.FromHours(-5);
        scene.Instead("GET", Servers, 100, http => Status(429, headers: ("Retry-After", DateTimeOffset.Parse(http.Response.Headers.Date!, CultureInfo.InvariantCulture).AddSeconds(90).ToString("r", CultureInfo.InvariantCulture)))(http));
        IaasException e = await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct));
        Assert.Equal((IaasFailure.Throttled, TimeSpan.FromSeconds(90)), (e.Failure, e.RetryAfter));
    }

    [Fact]
    public async Task A_create_that_was_accepted_behind_a_502_is_found_by_its_intent_and_sent_once()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("POST", Create, 1, http =>
        {
            Accept(scene, "intent-1");
            return Status(502, Html, "text/html")(http);
        });
        string id = await scene.Driver().CreateAsync(Request(), Ct);
        Assert.Equal(scene.Cloud.Nova.Servers(scene.Cloud.Now).Single().Id, id);
        Assert.Equal(1, scene.Cloud.Count("POST", "/compute/v2.1/servers"));
    }

    [Fact]
    public async Task A_create_that_broke_off_is_found_by_its_intent_and_sent_once()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("POST", Create, 1, http =>
        {
            Accept(scene, "another");
            Accept(scene, "intent-1");
            http.Abort();
            return Task.CompletedTask;
        });
        string id = await scene.Driver().CreateAsync(Request(), Ct);
        Assert.Equal("intent-1", (string?)scene.Cloud.Nova.Servers(scene.Cloud.Now).Single(server => server.Id == id).Asked["metadata"]![VmMetadata.Intent]);
        Assert.Equal(1, scene.Cloud.Count("POST", "/compute/v2.1/servers"));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task A_create_whose_machine_is_not_to_be_seen_stays_in_doubt_and_is_never_sent_again(int status)
    {
        await using Scene scene = await StartAsync();
        scene.Instead("POST", Create, 100, Status(status, Html, "text/html"));
        IaasException e = await FailsAsync(() => scene.Driver().CreateAsync(Request(), Ct));
        Assert.Equal((IaasFailure.Unavailable, true), (e.Failure, e.EffectUnknown));
        Assert.Equal(1, scene.Cloud.Count("POST", "/compute/v2.1/servers"));
    }

    [Fact]
    public async Task A_create_that_is_accepted_in_garbled_words_stays_in_doubt()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("POST", Create, 1, Status(202, $$"""{"server": {"adminPass": "{{FakeCloud.AdminPass}}", """));
        IaasException e = await FailsAsync(() => scene.Driver().CreateAsync(Request(), Ct));
        Assert.True(e.EffectUnknown);
        Assert.DoesNotContain(FakeCloud.AdminPass, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_create_that_nobody_could_receive_is_not_in_doubt()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver(computeEndpoint: "http://127.0.0.1:1/v2.1");
        IaasException e = await FailsAsync(() => driver.CreateAsync(Request(), Ct));
        Assert.Equal((IaasFailure.Unavailable, false), (e.Failure, e.EffectUnknown));
        Assert.Contains("no connection to 127.0.0.1:1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_takes_no_connection_is_given_up_before_the_time_out_of_an_answer()
    {
        await using Scene scene = await StartAsync();

        // A queue of one that nobody empties: whoever comes then is not answered at all, as by a host that is off.
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        using var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await filler.ConnectAsync(deaf.LocalEndPoint!, Ct);

        OpenStackDriver driver = scene.Driver(computeEndpoint: $"http://{deaf.LocalEndPoint}/v2.1", timeout: 6000); // two minutes of the hurried clock
        IaasException e = await FailsAsync(() => driver.TerminateAsync(new VmTermination("id", "web", "1"), Ct));
        Assert.Equal((IaasFailure.Unavailable, false), (e.Failure, e.EffectUnknown));
        Assert.Contains($"no connection to {deaf.LocalEndPoint}: ", e.Message, StringComparison.Ordinal);
        Assert.IsType<TimeoutException>(e.InnerException);
    }

    [Fact]
    public async Task Quota_and_policy_are_told_apart_by_the_text()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        scene.Cloud.Nova.Quota = 0;
        IaasException quota = await FailsAsync(() => driver.CreateAsync(Request(), Ct));
        Assert.Equal((IaasFailure.QuotaReached, false), (quota.Failure, quota.EffectUnknown));
        Assert.Contains("Quota exceeded for instances: Requested 1, but already used 0 of 0 instances", quota.Message, StringComparison.Ordinal);

        scene.Instead("POST", Create, 1, Status(403, """{"forbidden": {"code": 403, "message": "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed."}}"""));
        IaasException policy = await FailsAsync(() => driver.CreateAsync(Request(), Ct));
        Assert.Equal(IaasFailure.Rejected, policy.Failure);

        scene.Instead("GET", Servers, 1, Status(403, """{"forbidden": {"code": 403, "message": "Policy doesn't allow it."}}"""));
        Assert.Equal(IaasFailure.Unauthorized, (await FailsAsync(() => driver.ListAsync(["web"], Ct))).Failure);

        scene.Instead("POST", Create, 1, Status(413, """{"overLimit": {"code": 413, "message": "Quota exceeded for cores"}}""", headers: ("Retry-After", "0")));
        Assert.Equal(IaasFailure.QuotaReached, (await FailsAsync(() => driver.CreateAsync(Request(), Ct))).Failure);
    }

    [Theory]
    [InlineData("""{"servers": [{"id": "a", "name": "web", "sta""")]
    [InlineData("""{"servers": [{"id": "a", "name": "web", "status": "ACTIVE"}""")]
    [InlineData("""{"servers": "none"}""")]
    [InlineData("""{"servers": [{"name": "web"}]}""")]
    [InlineData("""{"servers": [{"id": "a", "name": ["web"]}]}""")]
    [InlineData("""{"servers": [{"id": "a", "name": "web", "addresses": {"net": [{"addr": 5}]}}]}""")]
    [InlineData("""{"error": "no"}""")]
    [InlineData("<html>all is well</html>")]
    [InlineData("")]
    [InlineData("[]")]
    public async Task A_list_that_can_not_be_read_is_no_list(string body)
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", Servers, 100, Status(200, body));
        IaasException e = await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct));
        Assert.Equal(IaasFailure.Unavailable, e.Failure);
        Assert.Contains("can't be understood", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_breaks_off_is_no_list()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", Servers, 100, async http =>
        {
            http.Response.ContentLength = 1000;
            await http.Response.WriteAsync("""{"servers": [""");
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        Assert.Equal(IaasFailure.Unavailable, (await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct))).Failure);
    }

    [Fact]
    public async Task A_list_of_choices_says_what_to_change()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver(authUrl: scene.Cloud.AuthUrl);
        scene.Cloud.Instead = async http =>
        {
            if (!http.Request.Path.Value!.StartsWith("/compute", StringComparison.Ordinal)) return false;
            await Status(300, """{"choices": [{"id": "v2.1"}]}""")(http);
            return true;
        };
        IaasException e = await FailsAsync(() => driver.ListAsync(["web"], Ct));
        Assert.Equal(IaasFailure.Rejected, e.Failure);
        Assert.Contains("a list of versions", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_redirect_is_not_followed(bool isAbsolute)
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", Servers, 100, Status(302, headers: ("Location", $"{(isAbsolute ? scene.Cloud.Url : "")}/elsewhere?secret=1")));
        IaasException e = await FailsAsync(() => scene.Driver().ListAsync(["web"], Ct));
        Assert.EndsWith("/elsewhere", e.Message.Split(" (req-")[0], StringComparison.Ordinal);
        Assert.Equal(0, scene.Cloud.Count("GET", "/elsewhere"));
    }

    [Fact]
    public async Task A_cloud_too_slow_for_a_page_gets_smaller_ones()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver(timeout: 15); // 0.3 s of the hurried clock
        await driver.ListAsync(["warm"], Ct);
        for (int i = 0; i < 300; i++) scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        scene.Cloud.Instead = async http =>
        {
            if (int.TryParse(http.Request.Query["limit"], out int limit) && limit > 125) await Task.Delay(TimeSpan.FromMinutes(10), http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return false;
        };
        Assert.Equal(300, (await driver.ListAsync(["web"], Ct)).Count);

        // And larger ones, when it is well again.
        scene.Cloud.Instead = null;
        for (int look = 0; look < 3; look++)
        {
            await Task.Delay(TimeSpan.FromSeconds(61), scene.Time, Ct);
            Assert.Equal(300, (await driver.ListAsync(["web"], Ct)).Count);
        }

        scene.Cloud.Calls.Clear();
        await driver.ListAsync(["web"], Ct);
        Assert.Contains("limit=500", scene.Cloud.Calls.First().Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_drips_for_ever_is_given_up()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver(timeout: 15);
        string id = await driver.CreateAsync(Request(), Ct);
        scene.Instead("GET", id, 1, async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.WriteAsync(" ");
                await http.Response.Body.FlushAsync();
                await Task.Delay(20);
            }
        });
        Assert.Contains("no answer within", (await FailsAsync(() => driver.FindAsync(id, Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_has_lost_its_way_does_not_make_a_machine_unknown()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        string id = await driver.CreateAsync(Request(), Ct);
        scene.Instead("GET", id, 100, Status(404, "<html>404 page not found</html>", "text/html"));
        Assert.Equal(IaasFailure.Unavailable, (await FailsAsync(() => driver.FindAsync(id, Ct))).Failure);
    }

    [Fact]
    public async Task Calls_keep_the_pace_of_the_cloud_whoever_makes_them()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using Scene scene = await StartAsync(time);
        OpenStackDriver one = scene.Driver(perSecond: 2), other = scene.Driver(perSecond: 2, volumeSize: 5);
        Task[] calls = [.. Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? one : other).FindAsync(Guid.NewGuid().ToString(), Ct))];
        for (int seconds = 0; seconds < 20 && !calls.All(call => call.IsCompleted); seconds++)
        {
            int before = scene.Cloud.Calls.Count;
            for (int look = 0; look < 20; look++) await Task.Delay(5, Ct);
            Assert.InRange(scene.Cloud.Calls.Count, 0, 2 + (seconds * 2) + 1);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await Task.WhenAll(calls);
        Assert.Equal(1, scene.Cloud.Count("POST", "/v3/auth/tokens"));
    }

    static void Accept(Scene scene, string intent) =>
        scene.Cloud.Nova.Add("web", scene.Cloud.Now, new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { [VmMetadata.Intent] = intent }, ["imageRef"] = "i" });
}
