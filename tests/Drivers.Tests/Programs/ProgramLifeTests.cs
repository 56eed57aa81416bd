using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Programs;
using Xunit;

namespace Drivers.Tests.Programs;

/// <summary>Starts, turns and ends of programs that go wrong: the next call finds a way on, and nobody waits for ever.</summary>
public sealed class ProgramLifeTests
{
    readonly ConcurrentQueue<string> _log = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static ProgramDescription Program => Sample.Describe(DriverGroup.Iaas, "Cloud", "misbehaving.py");

    IIaasDriver Cloud(Dictionary<string, object?> options, TimeProvider time, ProgramDescription? program = null) =>
        (IIaasDriver)(program ?? Program).Create(options, new DriverContext(time, new Random(1), "/") { Log = _log.Enqueue });

    static async Task<IaasException> ScopeFailsAsync(IIaasDriver cloud) => await Assert.ThrowsAsync<IaasException>(() => cloud.GetScopeAsync(Ct).WaitAsync(TimeSpan.FromSeconds(30), Ct));

    static async Task WaitForAsync(Func<bool> condition, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30)) Assert.Fail($"not within 30 s: {what}");
            await Task.Delay(20, Ct);
        }
    }

    [Fact]
    public async Task A_program_that_may_not_be_killed_is_told_and_its_input_ends()
    {
        string file = Path.GetTempFileName();
        ProgramDescription program = Program with { Command = ["/bin/sh", "-c", $"cat > /dev/null; echo done > {file}"] };
        using var starter = new ProgramStarter();
        ProgramProcess process = await ProgramProcess.StartAsync(starter, program, new ProgramLog(_log.Enqueue, TimeProvider.System), TimeProvider.System, kill: _ => throw new Win32Exception(1));
        process.End("it hung");
        string reason = await process.Ended.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        Assert.StartsWith("it hung (it could not be killed: ", reason, StringComparison.Ordinal);
        await WaitForAsync(() => new FileInfo(file).Length > 0, "the program sees that its input has ended");
        File.Delete(file);
    }

    [Fact]
    public async Task A_program_outlives_the_thread_that_asked_for_it()
    {
        // It is to end with this process, and for the kernel that is the thread that started it.
        using var starter = new ProgramStarter();
        Task<ProgramProcess>? starting = null;
        string number = "";
        var thread = new Thread(() =>
        {
            number = Path.GetFileName(File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName);
            starting = ProgramProcess.StartAsync(starter, Program, new ProgramLog(_log.Enqueue, TimeProvider.System), TimeProvider.System);
        });
        thread.Start();
        await WaitForAsync(() => !thread.IsAlive && !Directory.Exists($"/proc/self/task/{number}"), "the thread ends");
        await using ProgramProcess process = await starting!;
        Assert.Equal(1, (await InitializeAsync(process))["protocol"]);
        Assert.True(process.IsAlive);
    }

    static Task<Dictionary<string, int>> InitializeAsync(ProgramProcess process) =>
        process.InvokeAsync<Dictionary<string, int>>("initialize", new Dictionary<string, object?> { ["options"] = new Dictionary<string, object?>() }, Ct);

    [Fact]
    public async Task A_program_ends_with_its_driver_however_that_ends()
    {
        var starter = new ProgramStarter();
        ProgramProcess process = await ProgramProcess.StartAsync(starter, Program, new ProgramLog(_log.Enqueue, TimeProvider.System), TimeProvider.System);
        await InitializeAsync(process);

        // It runs, so it has asked to be ended with the thread.
        starter.Dispose();
        Assert.Contains("it ended", await process.Ended.WaitAsync(TimeSpan.FromSeconds(30), Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_fails_in_a_way_that_nobody_thought_of_is_an_end_and_is_tried_again()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        IIaasDriver cloud = Cloud([], time, Program with { Command = ["/bin/sh", null!] });
        await using var _ = (IAsyncDisposable)cloud;
        for (int i = 1; i <= 2; i++)
        {
            Assert.False((await ScopeFailsAsync(cloud)).EffectUnknown);
            await WaitForAsync(() => _log.Count(line => line.Contains("the program has ended", StringComparison.Ordinal)) == i, $"its end no. {i} is told");
            time.Advance(TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task A_program_that_ends_at_once_is_an_end_each_time()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        IIaasDriver cloud = Cloud([], time, Program with { Command = ["/dev/null"] });
        await using var _ = (IAsyncDisposable)cloud;
        for (int i = 1; i <= 10; i++)
        {
            Assert.Contains("it ended with exit code 126", (await ScopeFailsAsync(cloud)).Message, StringComparison.Ordinal);
            await WaitForAsync(() => _log.Count(line => line.Contains("the program has ended", StringComparison.Ordinal)) == i, $"its end no. {i} is told");
            time.Advance(TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task Whoever_waits_too_long_for_its_turn_fails_unsent()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        IIaasDriver cloud = Cloud(new() { ["scope"] = "hang" }, time);
        await cloud.ListAsync(["web"], Ct);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task hanging = cloud.GetScopeAsync(stopping.Token);
        Task waiting = cloud.ListAsync(["web"], Ct);
        time.Advance(TimeSpan.FromSeconds(20));
        IaasException failed = await Assert.ThrowsAsync<IaasException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30), Ct));
        Assert.Contains("Cloud list: not its turn within 20 s: the program takes 1 at once", failed.Message, StringComparison.Ordinal);
        Assert.False(failed.EffectUnknown);
        await Assert.ThrowsAsync<IaasException>(() => hanging);
        Task end = ((IAsyncDisposable)cloud).DisposeAsync().AsTask();
        await EndAsync(time, end);
    }

    [Fact]
    public async Task A_program_that_hangs_in_its_start_is_ended_soon_when_nobody_needs_it_any_more()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        IIaasDriver cloud = Cloud(new() { ["start"] = "hang" }, time, Program with { Deadline = TimeSpan.FromSeconds(600) });
        Task<string> hanging = cloud.GetScopeAsync(Ct);
        Task end = ((IAsyncDisposable)cloud).DisposeAsync().AsTask();
        await EndAsync(time, end, atMost: 20);
        await Assert.ThrowsAnyAsync<Exception>(() => hanging.WaitAsync(TimeSpan.FromSeconds(30), Ct));
    }

    /// <summary>Lets virtual time go by until it is done.</summary>
    static async Task EndAsync(FakeTimeProvider time, Task end, int atMost = 1000)
    {
        for (int second = 0; second < atMost && !end.IsCompleted; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(end, Task.Delay(100, Ct));
        }
        Assert.True(end.IsCompleted, $"not done within {atMost} s");
        await end;
    }
}
