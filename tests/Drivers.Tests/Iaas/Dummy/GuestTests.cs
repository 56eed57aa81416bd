using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;
using Xunit;

namespace Drivers.Tests.Iaas.Dummy;

/// <summary>Machines that answer HTTP: real sockets, virtual time.</summary>
public sealed class GuestTests : IDisposable
{
    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    readonly int _port = Ports.Free();
    readonly SimulatedCloud _cloud;
    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };

    public GuestTests() => _cloud = new SimulatedCloud(_time, seed: 1) { ServeHttp = _port };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _cloud.Dispose();
    }

    [Fact]
    public async Task A_machine_refuses_while_it_boots_answers_when_it_runs_and_refuses_again_when_it_is_ended()
    {
        string id = await CreateAsync();
        await RefusesAsync("127.30.0.1");

        _time.Advance(_cloud.BootTime);
        await AnswersAsync("127.30.0.1");

        await _cloud.TerminateAsync(new VmTermination(id, "web", "1"), Ct);
        await RefusesAsync("127.30.0.1");
    }

    [Fact]
    public async Task Each_machine_answers_at_its_own_address()
    {
        string first = await CreateAsync();
        await CreateAsync();
        _time.Advance(_cloud.BootTime);
        _cloud.Die(first);
        await RefusesAsync("127.30.0.1");
        await AnswersAsync("127.30.0.2");
    }

    [Fact]
    public async Task A_machine_in_error_refuses_and_a_healed_one_answers_again()
    {
        string id = await CreateAsync();
        _time.Advance(_cloud.BootTime);
        await AnswersAsync("127.30.0.1");
        for (int i = 0; i < 3; i++)
        {
            _cloud.Fail(id);
            await RefusesAsync("127.30.0.1");
            _cloud.Heal(id);
            await AnswersAsync("127.30.0.1");
        }
    }

    [Fact]
    public async Task A_machine_that_died_while_booting_and_was_healed_still_waits_for_its_boot()
    {
        string id = await CreateAsync();
        _cloud.Die(id);
        _cloud.Heal(id);
        await RefusesAsync("127.30.0.1");
        _time.Advance(_cloud.BootTime);
        await AnswersAsync("127.30.0.1");
    }

    [Fact]
    public async Task A_hung_machine_accepts_and_says_nothing_until_it_is_healed()
    {
        string id = await CreateAsync();
        _time.Advance(_cloud.BootTime);
        _cloud.Hang(id);

        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("127.30.0.1"), _port), Ct);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Ct);
        Assert.False(client.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead));

        _cloud.Heal(id);
        await AnswersAsync("127.30.0.1");
    }

    [Fact]
    public async Task A_death_cuts_open_connections()
    {
        string id = await CreateAsync();
        _time.Advance(_cloud.BootTime);
        _cloud.Hang(id);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("127.30.0.1"), _port), Ct);
        await client.SendAsync("GET"u8.ToArray(), Ct);
        _cloud.Die(id);
        try
        {
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], Ct));
        }
        catch (SocketException reset)
        {
            Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        }
    }

    [Fact]
    public async Task A_head_request_is_answered_without_a_body_and_a_post_with_one()
    {
        await CreateAsync();
        _time.Advance(_cloud.BootTime);
        using HttpResponseMessage head = await _http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"http://127.30.0.1:{_port}/"), Ct);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        using HttpResponseMessage post = await _http.PostAsync(new Uri($"http://127.30.0.1:{_port}/"), new StringContent(new string('x', 10_000)), Ct);
        Assert.Equal("OK\n", await post.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task A_request_without_an_end_is_dropped()
    {
        await CreateAsync();
        _time.Advance(_cloud.BootTime);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Parse("127.30.0.1"), _port), Ct);
        await client.SendAsync(new byte[8192], Ct);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await client.ReceiveAsync(new byte[1], Ct));
    }

    [Fact]
    public async Task A_busy_port_is_a_clear_failure_and_makes_no_machine()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Parse("127.30.0.1"), _port));
        other.Listen();

        IaasException busy = await Assert.ThrowsAsync<IaasException>(() => CreateAsync());

        Assert.Equal(IaasFailure.Rejected, busy.Failure);
        Assert.False(busy.EffectUnknown);
        Assert.StartsWith($"serve_http: 127.30.0.1:{_port} is in use", busy.Message, StringComparison.Ordinal);
        Assert.Equal(0, _cloud.Count);
        Assert.Empty(_cloud.Ledger);
    }

    [Fact]
    public async Task Of_two_clouds_that_claim_one_address_while_booting_the_first_gets_it_and_the_other_says_so()
    {
        using var second = new SimulatedCloud(_time, seed: 2) { ServeHttp = _port };
        string kept = await CreateAsync();
        var request = new VmRequest("web", "i", "image", "flavor");
        await second.CreateAsync(request, Ct);
        _time.Advance(_cloud.BootTime);
        Assert.Equal(VmState.Running, (await _cloud.FindAsync(kept, Ct))!.State);
        Assert.Equal(VmState.Error, Assert.Single(second.Snapshot()).Vm.State);

        IaasException told = await Assert.ThrowsAsync<IaasException>(() => second.CreateAsync(request, Ct));
        Assert.StartsWith($"serve_http: 127.30.0.1:{_port} is in use", told.Message, StringComparison.Ordinal);
    }

    Task<string> CreateAsync() => _cloud.CreateAsync(new VmRequest("web", "i", "image", "flavor"), Ct);

    async Task AnswersAsync(string address)
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri($"http://{address}:{_port}/health"), Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.ConnectionClose);
        Assert.Equal("OK\n", await answer.Content.ReadAsStringAsync(Ct));
    }

    async Task RefusesAsync(string address)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        SocketException refused = await Assert.ThrowsAsync<SocketException>(
            async () => await client.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), _port), Ct));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }
}
