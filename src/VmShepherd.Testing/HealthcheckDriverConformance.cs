#pragma warning disable CS1591 // A test's name documents it.

using System.Net;
using System.Net.Sockets;
using System.Text;
using VmShepherd.Abstractions;
using Xunit;

namespace VmShepherd.Testing;

/// <summary>What every healthcheck driver promises. Derive, say how to build yours, and you inherit every test.</summary>
public abstract class HealthcheckDriverConformance
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A driver that asks a machine at this TCP port of its first address, with limits that add up to less than <see cref="TimeLimit"/>.</summary>
    protected abstract IHealthcheckDriver CreateDriver(int port);

    /// <summary>False when the driver does not connect over TCP and wait for the machine's answer: the tests that need it are skipped.</summary>
    protected virtual bool Dials => true;

    /// <summary>Within which any check must end, on a busy test machine too.</summary>
    protected virtual TimeSpan TimeLimit => TimeSpan.FromSeconds(10);

    /// <summary>How many bytes may leave an endless machine: what the driver reads, and what the system buffers on both sides.</summary>
    protected virtual long ByteLimit => 32 * 1024 * 1024;

    [Fact]
    public async Task A_machine_without_address_is_unknown()
    {
        RequireDialing();
        Assert.IsType<Verdict.Unknown>(await CheckAsync(CreateDriver(80), Machine()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("256.1.1.1")]
    [InlineData("not an address")]
    [InlineData("127.0.0.1:80")]
    [InlineData("127.0.0.1\r\nHost: elsewhere")]
    [InlineData("[::1")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("\0")]
    public async Task An_address_that_is_none_never_throws_and_never_passes(string address)
    {
        await using var guest = LoopbackGuest.Silent();
        Verdict verdict = await CheckAsync(CreateDriver(guest.Port), Machine(address));
        if (Dials) Assert.NotSame(Verdict.Passed, verdict);
    }

    [Fact]
    public async Task A_cancelled_check_throws()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await CreateDriver(80).CheckAsync(Machine("127.0.0.1"), cancelled.Token));
    }

    [Fact]
    public async Task A_check_under_way_can_be_cancelled()
    {
        RequireDialing();
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        await using var guest = new LoopbackGuest(async (_, stop) =>
        {
            called.TrySetResult();
            await cancel.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });

        Task<Verdict> check = CreateDriver(guest.Port).CheckAsync(Machine("127.0.0.1"), cancel.Token).AsTask();
        await called.Task.WaitAsync(TimeLimit, TimeProvider.System, Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check.WaitAsync(TimeLimit, TimeProvider.System, Ct));
    }

    [Fact]
    public async Task A_silent_machine_does_not_pass_and_is_not_waited_for()
    {
        RequireDialing();
        await using var guest = LoopbackGuest.Silent();
        Assert.NotSame(Verdict.Passed, await CheckAsync(CreateDriver(guest.Port), Machine("127.0.0.1")));
    }

    [Fact]
    public async Task Silent_machines_side_by_side_are_not_waited_for_in_turn()
    {
        RequireDialing();
        await using var guest = LoopbackGuest.Silent();
        IHealthcheckDriver driver = CreateDriver(guest.Port);

        Verdict[] verdicts = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => CheckAsync(driver, Machine("127.0.0.1"))));
        Assert.DoesNotContain(Verdict.Passed, verdicts);
    }

    [Fact]
    public async Task A_machine_where_nobody_listens_has_failed()
    {
        RequireDialing();
        Assert.IsType<Verdict.Failed>(await CheckAsync(CreateDriver(UnusedPort()), Machine("127.0.0.1")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 ")]
    [InlineData("HTTP/1.1 500 no\r\nX: ")]
    public async Task A_machine_that_never_stops_talking_is_not_listened_to_for_ever(string opening)
    {
        RequireDialing();
        long sent = 0;
        byte[] more = [.. Enumerable.Repeat((byte)'a', 64 * 1024)];
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await caller.SendAsync(Encoding.ASCII.GetBytes(opening), stop);
            while (true) Interlocked.Add(ref sent, await caller.SendAsync(more, stop));
        });

        Verdict verdict = await CheckAsync(CreateDriver(guest.Port), Machine("127.0.0.1"));
        string reason = Assert.IsType<Verdict.Failed>(verdict).Reason;
        Assert.True(Volatile.Read(ref sent) <= ByteLimit, $"{sent} bytes were taken");
        Assert.True(reason.Length <= 300 && !reason.Any(char.IsControl), $"not a short line of text: {reason}");
    }

    [Fact]
    public async Task A_redirect_leads_nowhere()
    {
        RequireDialing();
        await using var elsewhere = LoopbackGuest.Silent();
        byte[] redirect = Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere.Port}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        await using var guest = new LoopbackGuest(async (caller, stop) =>
        {
            await caller.ReceiveAsync(new byte[4096], stop);
            await caller.SendAsync(redirect, stop);
        });

        Assert.NotSame(Verdict.Passed, await CheckAsync(CreateDriver(guest.Port), Machine("127.0.0.1")));
        Assert.Equal(0, elsewhere.Connections);
    }

    static Vm Machine(params string[] addresses) => new("conformance-1", "conformance", VmState.Running, Created: null) { Addresses = addresses };

    // A check that hangs turns the test red, not the run endless.
    Task<Verdict> CheckAsync(IHealthcheckDriver driver, Vm machine) => driver.CheckAsync(machine, Ct).AsTask().WaitAsync(TimeLimit, TimeProvider.System, Ct);

    void RequireDialing() => Assert.SkipUnless(Dials, "this driver waits for no answer over TCP");

    static int UnusedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
