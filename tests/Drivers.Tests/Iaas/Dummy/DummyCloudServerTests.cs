using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;
using Xunit;

namespace Drivers.Tests.Iaas.Dummy;

public sealed class DummyCloudServerTests : IAsyncLifetime
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    readonly SimulatedCloud _cloud;
    DummyCloudServer? _server;

    public DummyCloudServerTests() => _cloud = new SimulatedCloud(_time, seed: 1);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    DriverContext Context => new(_time, new Random(1), Path.GetTempPath());

    Uri Url => _server!.Url;

    public async ValueTask InitializeAsync()
    {
        _server = await DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), _cloud, Ct);
        _http.BaseAddress = Url;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server!.DisposeAsync();
        _cloud.Dispose();
    }

    [Fact]
    public async Task Machines_are_shown_as_json_with_state_and_behaviour()
    {
        string id = _cloud.AddForeign("web", new Dictionary<string, string> { ["colour"] = "blue" });
        _time.Advance(_cloud.BootTime);
        _cloud.Hang(id);
        JsonElement vm = Assert.Single((await _http.GetFromJsonAsync<JsonElement>("vms", Ct)).EnumerateArray());
        Assert.Equal(
            $$$"""{"id":"{{{id}}}","name":"web","state":"running","behaviour":"hung","addresses":["127.30.0.1"],"""
            + $"\"created\":\"2026-01-01T00:00:00+00:00\",\"metadata\":{{\"colour\":\"blue\"}}}}",
            vm.GetRawText());
    }

    [Theory]
    [InlineData("die", "dead", "terminated")]
    [InlineData("hang", "hung", "running")]
    [InlineData("error", "error", "error")]
    [InlineData("heal", "good", "running")]
    public async Task A_machine_is_made_to_behave_by_a_post(string op, string behaviour, string state)
    {
        string id = _cloud.AddForeign("web");
        _time.Advance(_cloud.BootTime);
        using HttpResponseMessage answer = await _http.PostAsync(new Uri($"vms/{id}/{op}", UriKind.Relative), null, Ct);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        JsonElement vm = (await _http.GetFromJsonAsync<JsonElement>("vms", Ct))[0];
        Assert.Equal((behaviour, state), (vm.GetProperty("behaviour").GetString(), vm.GetProperty("state").GetString()));
    }

    [Theory]
    [InlineData("POST", "vms/nobody/die", 404, "there is no machine nobody")]
    [InlineData("POST", "vms/nobody/explode", 404, "here are: GET /scope")]
    [InlineData("GET", "vms/nobody", 404, "there is no machine nobody")]
    [InlineData("DELETE", "vms", 404, "here are: GET /scope")]
    [InlineData("POST", "vms", 400, "")]
    public async Task What_cannot_be_done_is_said(string method, string path, int status, string text)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "POST" ? new StringContent("{") : null };
        using HttpResponseMessage answer = await _http.SendAsync(request, Ct);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.StartsWith(text, await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_comes_as_lines()
    {
        string id = _cloud.AddForeign("web");
        _cloud.Die(id);
        string ledger = await _http.GetStringAsync(new Uri("ledger", UriKind.Relative), Ct);
        string[] lines = ledger.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal($$"""{"time":"2026-01-01T00:00:00+00:00","op":"die","preset":"web","id":"{{id}}","intent":null,"token":null}""", lines[1]);
    }

    [Fact]
    public async Task A_lost_request_and_a_lost_answer_are_cut_connections_and_the_client_knows_that_it_does_not_know()
    {
        await using var driver = Connected();
        _cloud.LostRequests = 1;
        IaasException request = await Assert.ThrowsAsync<IaasException>(() => driver.CreateAsync(Request, Ct));
        Assert.Equal(0, _cloud.Count);
        (_cloud.LostRequests, _cloud.LostAnswers) = (0, 1);
        IaasException answer = await Assert.ThrowsAsync<IaasException>(() => driver.CreateAsync(Request, Ct));
        Assert.Equal(1, _cloud.Count);
        Assert.All([request, answer], failure => Assert.Equal((IaasFailure.Unavailable, true), (failure.Failure, failure.EffectUnknown)));

        IaasException list = await Assert.ThrowsAsync<IaasException>(() => driver.ListAsync(["web"], Ct));
        Assert.Equal((IaasFailure.Unavailable, false), (list.Failure, list.EffectUnknown));
    }

    [Fact]
    public async Task A_cloud_that_is_not_there_certainly_made_no_machine()
    {
        await using var driver = Connected();
        await _server!.DisposeAsync();
        IaasException failure = await Assert.ThrowsAsync<IaasException>(() => driver.CreateAsync(Request, Ct));
        Assert.Equal((IaasFailure.Unavailable, false), (failure.Failure, failure.EffectUnknown));
        Assert.Contains(Url.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_cloud_is_given_up_after_a_while_and_the_create_is_in_doubt()
    {
        var slow = new SimulatedCloud(new FakeTimeProvider(), seed: 1) { Latency = TimeSpan.FromHours(1) };
        await using DummyCloudServer server = await DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), slow, Ct);
        await using var driver = new DummyIaasDriver(new DummyIaasOptions { Connect = server.Url.ToString() }, Context);
        Task<string> create = driver.CreateAsync(Request, Ct);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(create.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        IaasException failure = await Assert.ThrowsAsync<IaasException>(() => create);
        Assert.Equal((IaasFailure.Unavailable, true), (failure.Failure, failure.EffectUnknown));
    }

    [Fact]
    public async Task A_refusal_arrives_as_what_it_is()
    {
        _cloud.Quota = 0;
        await using var driver = Connected();
        IaasException refusal = await Assert.ThrowsAsync<IaasException>(() => driver.CreateAsync(Request, Ct));
        Assert.Equal(
            (IaasFailure.QuotaReached, false, "the quota of 0 machines is reached"),
            (refusal.Failure, refusal.EffectUnknown, refusal.Message));
    }

    [Fact]
    public async Task The_client_learns_the_visibility_grace_of_its_cloud()
    {
        var options = new DummyIaasOptions { Staleness = TimeSpan.FromSeconds(40) };
        await using DummyCloudServer server = await DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), options, Context, cancellationToken: Ct);
        await using var driver = new DummyIaasDriver(new DummyIaasOptions { Connect = server.Url.ToString() }, Context);
        Assert.Equal(TimeSpan.FromSeconds(1), driver.VisibilityGrace);
        Assert.Equal($"dummy:{server.Url.Authority}", await driver.GetScopeAsync(Ct));
        Assert.Equal(TimeSpan.FromSeconds(41), driver.VisibilityGrace);
    }

    [Fact]
    public async Task Several_drivers_share_one_cloud()
    {
        await using var one = Connected();
        await using var two = Connected();
        string id = await one.CreateAsync(Request, Ct);
        Vm seen = Assert.Single(await two.ListAsync(["web"], Ct));
        Assert.Equal((id, "web", VmState.Pending, "image", "flavor"), (seen.Id, seen.Name, seen.State, seen.Image, seen.Flavor));
        await two.TerminateAsync(new VmTermination(id, "web", "5"), Ct);
        Assert.Equal("5", _cloud.Ledger[^1].Token);
        Assert.Null(await one.FindAsync(id, Ct));
    }

    [Fact]
    public async Task A_busy_port_is_named()
    {
        var at = new IPEndPoint(IPAddress.Loopback, Url.Port);
        IOException busy = await Assert.ThrowsAsync<IOException>(() => DummyCloudServer.StartAsync(at, _cloud, Ct));
        Assert.Contains($"127.0.0.1:{Url.Port}", busy.Message, StringComparison.Ordinal);

        await using var driver = new DummyIaasDriver(new DummyIaasOptions { Control = Url.Port }, Context);
        IaasException failure = await Assert.ThrowsAsync<IaasException>(() => driver.ListAsync(["web"], Ct));
        Assert.StartsWith("control: cannot listen on 127.0.0.1:", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_driver_with_a_control_port_obeys_there()
    {
        int port = Url.Port;
        await _server!.DisposeAsync();
        await using var driver = new DummyIaasDriver(new DummyIaasOptions { Control = port }, Context);
        string id = await driver.CreateAsync(Request, Ct);
        using HttpResponseMessage answer = await _http.PostAsync(new Uri($"vms/{id}/error", UriKind.Relative), null, Ct);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(VmState.Error, (await driver.FindAsync(id, Ct))!.State);
    }

    [Fact]
    public async Task Only_loopback_is_listened_on() => await Assert.ThrowsAsync<ArgumentException>(
        () => DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Any, 0), _cloud, Ct));

    [Fact]
    public async Task Options_that_contradict_one_another_are_refused()
    {
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        await Assert.ThrowsAsync<ArgumentException>(() => DummyCloudServer.StartAsync(any, new DummyIaasOptions { Control = 1 }, Context, cancellationToken: Ct));
        await Assert.ThrowsAsync<ArgumentException>(() => DummyCloudServer.StartAsync(any, new DummyIaasOptions { Connect = "x" }, Context, cancellationToken: Ct));
        Assert.Throws<ArgumentException>(() => new DummyIaasDriver(new DummyIaasOptions { Connect = "http://127.0.0.1:1", ServeHttp = 1 }, Context));
        Assert.Throws<ArgumentException>(() => new DummyIaasDriver(new DummyIaasOptions { Connect = "127.0.0.1:1" }, Context));
    }

    [Fact]
    public void The_driver_is_declared_by_group_and_name() => Assert.Contains(
        typeof(DummyIaasDriver).Assembly.GetCustomAttributes(typeof(DriverAttribute), false).Cast<DriverAttribute>(),
        driver => (driver.Group, driver.Name, driver.Type) == (DriverGroup.Iaas, "DummyIaasDriver", typeof(DummyIaasDriver)));

    static VmRequest Request => new("web", "i", "image", "flavor");

    DummyIaasDriver Connected() => new(new DummyIaasOptions { Connect = Url.ToString() }, Context);

    /// <summary>As of a process that was frozen between its last look at the clock and its first byte.</summary>
    [Fact]
    public async Task Who_connects_and_says_nothing_for_long_is_not_heard_any_more()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Url.Port, Ct);
        NetworkStream stream = client.GetStream();
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Ct));

        await stream.WriteAsync(Encoding.ASCII.GetBytes("POST /vms HTTP/1.1\r\nHost: x\r\nContent-Length: 67\r\n\r\n"
            + """{"preset":"web","intent_id":"i","image":"a","flavor":"b","metadata":{}}"""), Ct);
        Assert.Empty((await _http.GetFromJsonAsync<JsonElement>("vms", Ct)).EnumerateArray());
    }

    [Fact]
    public async Task The_last_look_at_the_clock_comes_when_the_connection_stands()
    {
        using var early = new TimelyContent(new byte[] { 1, 2 }, "create", _time, _time.GetTimestamp() + 1);
        using var sent = new MemoryStream();
        await early.CopyToAsync(sent, Ct);
        Assert.Equal([1, 2], sent.ToArray());

        _time.Advance(TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<IaasException>(() => early.CopyToAsync(sent, Ct));
        Assert.Equal(2, sent.Length);
    }
}
