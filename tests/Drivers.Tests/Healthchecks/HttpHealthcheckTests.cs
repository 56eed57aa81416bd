using System.Net;
using System.Net.Sockets;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Healthchecks.Http;
using VmShepherd.Testing;
using Xunit;

namespace Drivers.Tests.Healthchecks;

public sealed class HttpHealthcheckTests
{
    static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    // Where the time-out is not what is tested: a busy test machine must not reach it.
    static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200\r\n\r\n")]
    [InlineData("HTTP/1.1 200 \r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut short")]
    [InlineData("HTTP/1.1 200 \u00fc\u0001\u007f\r\n\r\n")]
    public async Task The_expected_status_passes(string answer) => Assert.Same(Verdict.Passed, await AskedAsync(answer));

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\n\r\n", "answered 500, expected 200")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "answered 204, expected 200")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "answered 302, expected 200")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "answered 101, expected 200")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Later\r\n\r\n", "answered 503, expected 200")]
    [InlineData("", "closed the connection without an answer")]
    [InlineData("HTTP/1.1 200 OK", "closed the connection without an answer")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", "closed the connection without an answer")]
    [InlineData("<html>It works</html>\n", "the answer is not HTTP/1")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("http/1.1 200 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/0.9 200 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("HTTP/1.1\t200 OK\r\n\r\n", "the answer is not HTTP/1")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP/1")]
    public async Task Anything_else_has_failed_and_says_why(string answer, string reason) =>
        Assert.Equal(new Verdict.Failed(reason), await AskedAsync(answer));

    [Theory]
    [InlineData(204, "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData(302, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")]
    [InlineData(599, "HTTP/1.1 599 Odd\r\n\r\n")]
    public async Task Another_status_may_be_expected(int status, string answer) =>
        Assert.Same(Verdict.Passed, await AskedAsync(answer, o => o.CheckStatus = status));

    [Fact]
    public async Task The_request_is_one_plain_HTTP_request()
    {
        var asked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            asked.TrySetResult(await RequestAsync(caller, stop));
            await caller.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });

        Assert.Same(Verdict.Passed, await CheckAsync(guest.Port));
        Assert.Equal($"GET / HTTP/1.1\r\nHost: 127.0.0.1:{guest.Port}\r\nUser-Agent: vmshepherd\r\nAccept: */*\r\nConnection: close\r\n\r\n", await asked.Task);
    }

    [Theory]
    [InlineData("HEAD", "/", "HEAD / HTTP/1.1\r\n")]
    [InlineData("post", "/live?deep=1&x=%20", "POST /live?deep=1&x=%20 HTTP/1.1\r\n")]
    [InlineData("GET", "status", "GET /status HTTP/1.1\r\n")]
    [InlineData("GET", "", "GET / HTTP/1.1\r\n")]
    public async Task Method_and_path_are_asked_for_as_configured(string method, string path, string requestLine)
    {
        string? asked = null;
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            asked = await RequestAsync(caller, stop);
            await caller.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });

        Assert.Same(Verdict.Passed, await CheckAsync(guest.Port, o => (o.Method, o.Path) = (method, path)));
        Assert.StartsWith(requestLine, asked, StringComparison.Ordinal);
        Assert.Equal(method == "post", asked!.Contains("Content-Length: 0\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/ HTTP/1.1\r\nX: y")]
    [InlineData("GET", "/a b")]
    [InlineData("GET", "/caf\u00e9")]
    [InlineData("GET", "/a#b")]
    [InlineData("GET", "/\u007f")]
    [InlineData("GE T", "/")]
    [InlineData("GET\r\n", "/")]
    [InlineData("", "/")]
    public void A_path_or_method_that_would_break_the_request_is_refused(string method, string path)
    {
        var refused = Assert.Throws<ArgumentException>(() => Driver(80, o => (o.Method, o.Path) = (method, path)));
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Fact]
    public async Task Each_check_is_a_new_connection()
    {
        await using var guest = Healthy();
        HttpHealthcheck driver = Driver(guest.Port, o => o.ReadTimeout = o.ConnectTimeout = Long);
        for (int i = 0; i < 3; i++) Assert.Same(Verdict.Passed, await driver.CheckAsync(Machine("127.0.0.1"), Ct));
        Assert.Equal(3, guest.Connections);
    }

    [Fact]
    public async Task An_IPv6_address_is_asked_in_brackets()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
        try
        {
            listener.Start();
        }
        catch (SocketException)
        {
            Assert.Skip("no IPv6 loopback here");
        }

        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Task<Verdict> check = Driver(port, o => o.ReadTimeout = o.ConnectTimeout = Long).CheckAsync(Machine("::1"), Ct).AsTask();
        using Socket caller = await listener.AcceptSocketAsync(Ct);
        string asked = await RequestAsync(caller, Ct);
        await caller.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), Ct);

        Assert.Same(Verdict.Passed, await check);
        Assert.Contains($"Host: [::1]:{port}\r\n", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_connection_has_failed()
    {
        int port;
        await using (var gone = Healthy()) port = gone.Port;
        Assert.Equal(new Verdict.Failed("connection refused"), await CheckAsync(port));
    }

    [Fact]
    public async Task A_reset_connection_has_failed()
    {
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            caller.LingerState = new LingerOption(enable: true, seconds: 0);
        });
        Assert.Equal(new Verdict.Failed("connection reset"), await CheckAsync(guest.Port));
    }

    [Fact]
    public async Task A_machine_that_takes_no_connection_has_failed()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);

        // With the queue full, the system lets further callers wait without an answer, as a firewall does.
        var queue = Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (Socket waiting in queue) _ = waiting.ConnectAsync(full.LocalEndPoint!, Ct).AsTask();
        await Task.Delay(100, Ct);

        Verdict verdict = await CheckAsync(((IPEndPoint)full.LocalEndPoint!).Port, o => o.ConnectTimeout = Short);
        foreach (Socket waiting in queue) waiting.Dispose();
        AssertTimedOut("no connection within 0.2 s", verdict);
    }

    [Fact]
    public async Task A_hung_machine_fails_within_its_read_timeout()
    {
        await using var guest = LoopbackGuest.Silent();
        long start = TimeProvider.System.GetTimestamp();
        Verdict verdict = await CheckAsync(guest.Port, o => o.ReadTimeout = Short);

        AssertTimedOut("no answer within 0.2 s", verdict);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), Short * 0.9, Long / 2);
    }

    [Fact]
    public async Task A_machine_that_dribbles_gains_no_time_by_it()
    {
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            byte[] dribble = Encoding.ASCII.GetBytes("HTTP/1.1 200 " + new string('.', 4_000));
            foreach (byte b in dribble)
            {
                await caller.SendAsync(new[] { b }, stop);
                await Task.Delay(20, stop);
            }
        });
        AssertTimedOut("no answer within 0.2 s", await CheckAsync(guest.Port, o => o.ReadTimeout = Short));
    }

    [Fact]
    public async Task A_slow_machine_that_answers_byte_by_byte_in_time_passes()
    {
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            caller.NoDelay = true;
            foreach (byte b in "HTTP/1.1 100 Wait\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"u8.ToArray())
            {
                await caller.SendAsync(new[] { b }, stop);
                await Task.Yield();
            }
        });
        Assert.Same(Verdict.Passed, await CheckAsync(guest.Port));
    }

    [Theory]
    [InlineData(10, "HTTP/1.1 200 OK\r\n\r\n", null)]
    [InlineData(11, "HTTP/1.1 200 OK\r\n\r\n", "more than 10 interim answers")]
    [InlineData(100_000, "", "more than 10 interim answers")]
    public async Task Interim_answers_are_skipped_but_not_for_ever(int interim, string final, string? reason)
    {
        Verdict verdict = await AskedAsync(string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", interim)) + final);
        Assert.Equal(reason is null ? Verdict.Passed : new Verdict.Failed(reason), verdict);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 ")]
    [InlineData("HTTP/1.1 103 Hints\r\nLink: ")]
    public async Task A_status_must_come_within_8_KiB(string opening) =>
        Assert.Equal(new Verdict.Failed("no status within 8192 bytes"), await AskedAsync(opening + new string('a', 1_000_000)));

    [Fact]
    public async Task Huge_headers_and_an_endless_body_behind_the_status_are_never_read()
    {
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await caller.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nX: " + new string('x', 1_000_000)), stop);
            while (true) await caller.SendAsync(new byte[65_536], stop);
        });
        Assert.Same(Verdict.Passed, await CheckAsync(guest.Port));
    }

    [Fact]
    public async Task A_machine_that_redirects_to_itself_is_asked_once()
    {
        LoopbackGuest? self = null;
        await using var guest = self = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            await caller.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{self!.Port}/\r\n\r\n"), stop);
        });
        Assert.Equal(new Verdict.Failed("answered 302, expected 200"), await CheckAsync(guest.Port));
        Assert.Equal(1, guest.Connections);
    }

    [Fact]
    public async Task The_first_address_is_asked_and_no_other()
    {
        await using var guest = Healthy();
        HttpHealthcheck driver = Driver(guest.Port, o => o.ReadTimeout = o.ConnectTimeout = Long);
        Assert.Equal(new Verdict.Failed("connection refused"), await driver.CheckAsync(Machine("127.0.0.2", "127.0.0.1"), Ct));
        Assert.Same(Verdict.Passed, await driver.CheckAsync(Machine("127.0.0.1", "127.0.0.2"), Ct));
        Assert.Equal(new Verdict.Unknown("no address yet"), await driver.CheckAsync(Machine(), Ct));
        Assert.Equal(new Verdict.Unknown("its address is not an IP address"), await driver.CheckAsync(Machine("localhost"), Ct));
    }

    // The defect that ended 2,723 of 3,000 healthy machines: there, the clock ran while a check was queueing.
    [Fact]
    public async Task Three_thousand_healthy_machines_pass_though_the_round_takes_longer_than_a_check_may()
    {
        TimeSpan limit = TimeSpan.FromSeconds(3);
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            await Task.Delay(120, stop);
            await caller.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });
        HttpHealthcheck driver = Driver(guest.Port, o => o.ReadTimeout = o.ConnectTimeout = limit);
        long start = TimeProvider.System.GetTimestamp();
        int passed = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 3_000), new ParallelOptions { MaxDegreeOfParallelism = 100, CancellationToken = Ct }, async (i, ct) =>
        {
            Verdict verdict = await driver.CheckAsync(Machine("127.0.0.1"), ct);
            Assert.IsNotType<Verdict.Failed>(verdict);
            if (verdict == Verdict.Passed) Interlocked.Increment(ref passed);
        });

        Assert.True(TimeProvider.System.GetElapsedTime(start) > limit);
        Assert.InRange(passed, 2_900, 3_000);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("HTTP/1.1 408 Too slow\r\n\r\n")]
    public async Task A_failure_that_was_noticed_late_is_our_own_fault(string? answer)
    {
        var time = new StallingTime();
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            time.Stall(TimeSpan.FromMinutes(1));
            if (answer is null) await Task.Delay(Timeout.Infinite, stop);
            else await caller.SendAsync(Encoding.ASCII.GetBytes(answer), stop);
        });
        var driver = new HttpHealthcheck(new() { Port = guest.Port, ReadTimeout = TimeSpan.FromSeconds(1) }, new(time, new Random(1), "/"));
        Assert.Equal(new Verdict.Unknown("our own loop stalled"), await driver.CheckAsync(Machine("127.0.0.1"), Ct));
    }

    [Fact]
    public async Task A_pass_that_was_noticed_late_is_a_pass()
    {
        var time = new StallingTime();
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            time.Stall(TimeSpan.FromMinutes(1));
            await caller.SendAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });
        var driver = new HttpHealthcheck(new() { Port = guest.Port, ReadTimeout = Long }, new(time, new Random(1), "/"));
        Assert.Same(Verdict.Passed, await driver.CheckAsync(Machine("127.0.0.1"), Ct));
    }

    /// <summary>The system's clock, which can jump ahead as if nothing had run for a while.</summary>
    sealed class StallingTime : TimeProvider
    {
        long _stalled;

        public void Stall(TimeSpan time) => Interlocked.Add(ref _stalled, (long)(time.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _stalled);
    }

    static LoopbackGuest Healthy() => new(async (caller, stop) =>
    {
        await RequestAsync(caller, stop);
        await caller.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
    });

    static async Task<Verdict> AskedAsync(string answer, Action<HttpHealthcheckOptions>? set = null)
    {
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await RequestAsync(caller, stop);
            await caller.SendAsync(Encoding.Latin1.GetBytes(answer), stop);
            caller.Shutdown(SocketShutdown.Send);
        });
        return await CheckAsync(guest.Port, set);
    }

    static async Task<Verdict> CheckAsync(int port, Action<HttpHealthcheckOptions>? set = null) =>
        await Driver(port, o =>
        {
            o.ConnectTimeout = o.ReadTimeout = Long;
            set?.Invoke(o);
        }).CheckAsync(Machine("127.0.0.1"), Ct);

    static HttpHealthcheck Driver(int port, Action<HttpHealthcheckOptions> set)
    {
        var options = new HttpHealthcheckOptions { Port = port };
        set(options);
        return new HttpHealthcheck(options, new(TimeProvider.System, new Random(1), "/"));
    }

    static Vm Machine(params string[] addresses) => new("1", "web", VmState.Running, Created: null) { Addresses = addresses };

    // On a machine too busy to fire its timers, saying so is right as well.
    static void AssertTimedOut(string reason, Verdict verdict)
    {
        if (verdict != new Verdict.Unknown("our own loop stalled")) Assert.Equal(new Verdict.Failed(reason), verdict);
    }

    // To be called before closing: a connection closed with something unread is reset, and what was sent may be lost.
    static async Task<string> RequestAsync(Socket caller, CancellationToken stop)
    {
        var request = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await caller.ReceiveAsync(buffer, stop);
            if (read == 0) break;
            request.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return request.ToString();
    }
}
