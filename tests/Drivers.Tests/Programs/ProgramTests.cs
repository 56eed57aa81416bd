using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Programs;
using Xunit;

namespace Drivers.Tests.Programs;

/// <summary>Programs that break the protocol: each is an unavailable driver, and nothing worse.</summary>
public sealed class ProgramTests
{
    readonly ConcurrentQueue<string> _log = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static ProgramDescription Short(double deadline = 1) => Sample.Describe(DriverGroup.Iaas, "Cloud", "misbehaving.py") with { Deadline = TimeSpan.FromSeconds(deadline) };

    static async Task<IaasException> ScopeFailsAsync(IIaasDriver cloud) => await Assert.ThrowsAsync<IaasException>(() => cloud.GetScopeAsync(Ct).WaitAsync(TimeSpan.FromSeconds(30), Ct));

    async Task WaitForLogAsync(string text)
    {
        long began = Stopwatch.GetTimestamp();
        while (!_log.Any(line => line.Contains(text, StringComparison.Ordinal)))
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(30)) Assert.Fail($"no line of the log has '{text}':\n{string.Join('\n', _log)}");
            await Task.Delay(20, Ct);
        }
    }

    [Theory]
    [InlineData("die", "it ended with exit code 3")]
    [InlineData("garbage", "it wrote what is no JSON-RPC message")]
    [InlineData("flood", "it wrote a message of more than 32 MiB")]
    [InlineData("flood-answers", "it wrote an answer that nobody waits for")]
    [InlineData("call", "it wrote a call of 'shutdown', where only answers are expected")]
    [InlineData("call-lines", "it wrote a call of 'two lines', where only answers are expected")]
    [InlineData("no-result", "it wrote what is no JSON-RPC message")]
    public async Task A_program_out_of_order_is_ended_and_is_an_unavailable_driver_whose_effect_is_unknown(string how, string why)
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = how }, Short(60), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        IaasException failed = await ScopeFailsAsync(cloud);
        Assert.Equal((IaasFailure.Unavailable, true), (failed.Failure, failed.EffectUnknown));
        Assert.Contains(why, failed.Message, StringComparison.Ordinal);
        await WaitForLogAsync($"the program has ended: {why}");
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "a message of more than 1 MiB")]
    public async Task A_message_may_be_as_long_as_allowed_and_not_a_byte_longer(int more, string? why)
    {
        const int Limit = 1024 * 1024;
        const string Begin = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"", End = "\"}";
        byte[] line = System.Text.Encoding.UTF8.GetBytes(Begin + new string('x', Limit + more - Begin.Length - End.Length) + End + "\n");
        var messages = new LineMessages(Stream.Null, new MemoryStream(line), Limit);
        if (why is null) Assert.NotNull(await messages.ReadAsync(Ct));
        else Assert.Equal(why, (await Assert.ThrowsAsync<InvalidDataException>(() => messages.ReadAsync(Ct).AsTask())).Message);
        await messages.DisposeAsync();
    }

    [Fact]
    public async Task A_program_that_hangs_is_given_up_at_its_deadline_and_ended_soon_after()
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "hang" }, Short(), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        await cloud.ListAsync(["web"], Ct);
        long began = Stopwatch.GetTimestamp();
        IaasException failed = await ScopeFailsAsync(cloud);
        Assert.Contains("no answer within 1 s", failed.Message, StringComparison.Ordinal);
        Assert.True(failed.EffectUnknown);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0.9, 15);
        await WaitForLogAsync("the program has ended: it hung in 'scope'");
    }

    [Fact]
    public async Task An_answer_that_comes_late_is_nobodys_and_the_program_goes_on()
    {
        // Late by a second. The next call's turn comes then: it waits for that no longer than its own deadline, which must leave room on a busy machine.
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "late", ["seconds"] = 6.0 }, Short(5), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        await cloud.ListAsync(["web"], Ct);
        await ScopeFailsAsync(cloud);
        Assert.Empty(await cloud.ListAsync(["web"], Ct));
        Assert.DoesNotContain(_log, line => line.Contains("has ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_cancels_a_call_tells_the_program_by_its_id()
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "wait-for-cancel" }, Short(20), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        await cloud.ListAsync(["web"], Ct);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task<string> given = cloud.GetScopeAsync(giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await WaitForLogAsync("""got {"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3}}""");
        Assert.Empty(await cloud.ListAsync(["web"], Ct));
    }

    [Fact]
    public async Task A_call_that_is_given_up_while_it_is_written_spoils_no_other()
    {
        // More than a pipe holds, for a program that does not read yet: half of the call is written when it is given up.
        string[] many = [.. Enumerable.Range(0, 20_000).Select(n => $"preset-{n}")];
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "stuffed", ["file"] = file }, Short(60) with { Parallel = 2 }, _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        await cloud.ListAsync(["web"], Ct);
        Task<string> late = cloud.GetScopeAsync(Ct);
        await WaitForLogAsync("reads no more");
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task<IReadOnlyList<Vm>> given = cloud.ListAsync(many, giveUp.Token);
        await WaitForLogAsync("half a call");
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await File.WriteAllTextAsync(file, "", Ct);
        Assert.Equal("late", await late);
        File.Delete(file);
        Assert.Empty(await cloud.ListAsync(["web"], Ct));
    }

    [Fact]
    public async Task What_a_program_forked_ends_with_it()
    {
        string file = Path.GetTempFileName();
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "fork", ["file"] = file }, Short(20), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        await ScopeFailsAsync(cloud);
        int child = int.Parse(await File.ReadAllTextAsync(file, Ct), CultureInfo.InvariantCulture);
        File.Delete(file);
        long began = Stopwatch.GetTimestamp();
        while (IsRunning(child) && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20)) await Task.Delay(20, Ct);
        Assert.False(IsRunning(child), "what it forked runs still");

        static bool IsRunning(int id)
        {
            try
            {
                return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false; // gone, maybe in this moment
            }
        }
    }

    [Fact]
    public async Task A_program_that_leaks_hits_its_own_limit_first()
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "leak" }, Short(60) with { Memory = 64 * 1024 * 1024 }, _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        Assert.Contains("it ended with exit code", (await ScopeFailsAsync(cloud)).Message, StringComparison.Ordinal);
        await WaitForLogAsync("MemoryError");
    }

    [Fact]
    public async Task Its_standard_error_is_in_our_log_and_no_more_of_it_than_somebody_could_read()
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "talk" }, Short(20), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        Assert.Equal("talked", await cloud.GetScopeAsync(Ct));
        await WaitForLogAsync("line 99");
        Assert.Equal(100, _log.Count);
    }

    [Fact]
    public async Task It_gets_its_options_by_the_first_call_and_neither_by_arguments_nor_by_the_environment()
    {
        var program = Short(20) with { Environment = new Dictionary<string, string> { ["LANG"] = "C.UTF-8" } };
        string said = await ScopeAsync("environment");
        Assert.Equal(["LANG"], JsonSerializer.Deserialize<Dictionary<string, string>>(said)!.Keys.Where(name => name != "LC_CTYPE"));
        Assert.DoesNotContain("hunter2", await ScopeAsync("arguments"), StringComparison.Ordinal);
        string echoed = await ScopeAsync("echo");
        Assert.Contains("\"wait\": 2.5", echoed, StringComparison.Ordinal);
        Assert.Contains("\"owners\": [\"a\"]", echoed, StringComparison.Ordinal);

        async Task<string> ScopeAsync(string how)
        {
            IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = how, ["password"] = "hunter2", ["wait"] = TimeSpan.FromSeconds(2.5), ["owners"] = new[] { "a" } }, program);
            await using var _ = (IAsyncDisposable)cloud;
            return await cloud.GetScopeAsync(Ct);
        }
    }

    [Theory]
    [InlineData("""{"failure": "throttled", "retry_after": 7, "request_id": "r-1"}""", IaasFailure.Throttled, false)]
    [InlineData("""{"failure": "no_capacity"}""", IaasFailure.NoCapacity, false)]
    [InlineData("""{"failure": "quota_reached"}""", IaasFailure.QuotaReached, false)]
    [InlineData("""{"failure": "rejected"}""", IaasFailure.Rejected, false)]
    [InlineData("""{"failure": "unauthorized"}""", IaasFailure.Unauthorized, false)]
    [InlineData("""{"failure": "unavailable", "effect_unknown": true}""", IaasFailure.Unavailable, true)]
    [InlineData("""{"failure": "unavailable", "effect_unknown": false}""", IaasFailure.Unavailable, false)]
    [InlineData("""{"failure": "unavailable"}""", IaasFailure.Unavailable, true)]
    [InlineData("""{"failure": "a_word_of_tomorrow"}""", IaasFailure.Unavailable, true)]
    [InlineData("null", IaasFailure.Unavailable, true)]
    [InlineData("[1]", IaasFailure.Unavailable, true)]
    public async Task A_failure_that_it_names_is_that_failure(string data, IaasFailure failure, bool effectUnknown)
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "fail:" + data }, Short(20));
        await using var _ = (IAsyncDisposable)cloud;
        IaasException failed = await ScopeFailsAsync(cloud);
        Assert.Equal((failure, effectUnknown), (failed.Failure, failed.EffectUnknown));
        Assert.Contains("as asked", failed.Message, StringComparison.Ordinal);
        if (failure == IaasFailure.Throttled) Assert.Equal((TimeSpan.FromSeconds(7), "r-1"), (failed.RetryAfter, failed.RequestId));
    }

    [Theory]
    [InlineData(-32601L)]
    [InlineData(-32602L)]
    [InlineData(-32800L)]
    [InlineData(1L)]
    public async Task A_failure_counts_whatever_its_code(long code)
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = """fail:{"failure": "rejected"}""", ["code"] = code }, Short(20));
        await using var _ = (IAsyncDisposable)cloud;
        IaasException failed = await ScopeFailsAsync(cloud);
        Assert.Equal((IaasFailure.Rejected, false), (failed.Failure, failed.EffectUnknown));
        Assert.Contains("as asked", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("number")]
    [InlineData("")]
    public async Task An_answer_that_does_not_fit_is_an_unavailable_driver(string how)
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = how }, Short(20));
        await using var _ = (IAsyncDisposable)cloud;
        Assert.Equal(IaasFailure.Unavailable, (await ScopeFailsAsync(cloud)).Failure);
    }

    [Theory]
    [InlineData("protocol", 2, "the program speaks version 2 of the protocol, this VmShepherd speaks 1")]
    [InlineData("start", "die", "it ended with exit code 3")]
    [InlineData("start", "hang", "initialize: no answer within 1 s")]
    [InlineData("start", """fail:{"failure": "bad_options"}""", "initialize: as asked")]
    public async Task A_program_that_does_not_begin_well_was_asked_for_nothing(string option, object value, string why)
    {
        IIaasDriver cloud = Sample.Cloud(new() { [option] = value }, Short(option == "start" ? 1 : 20), _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        IaasException failed = await ScopeFailsAsync(cloud);
        Assert.Contains(why, failed.Message, StringComparison.Ordinal);
        Assert.False(failed.EffectUnknown && option == "protocol");
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_said()
    {
        IIaasDriver cloud = Sample.Cloud([], Short() with { Command = ["/nowhere/program"] }, _log.Enqueue);
        await using var _ = (IAsyncDisposable)cloud;
        Assert.Contains("exit code 127", (await ScopeFailsAsync(cloud)).Message, StringComparison.Ordinal);
        await WaitForLogAsync("/nowhere/program");
    }

    [Fact]
    public async Task It_is_started_again_with_pauses_that_grow()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var program = Short(20);
        var cloud = (IIaasDriver)program.Create(new Dictionary<string, object?> { ["scope"] = "die" }, new DriverContext(time, new Random(1), "/") { Log = _log.Enqueue });
        await using var _ = (IAsyncDisposable)cloud;
        foreach (double pause in new double[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            Assert.Contains("exit code 3", (await ScopeFailsAsync(cloud)).Message, StringComparison.Ordinal);
            await WaitForLogAsync(string.Create(CultureInfo.InvariantCulture, $"it may be started again in {pause} s"));
            IaasException held = await ScopeFailsAsync(cloud);
            Assert.Contains("the program is not running (it ended with exit code 3)", held.Message, StringComparison.Ordinal);
            Assert.False(held.EffectUnknown);
            _log.Clear();
            time.Advance(TimeSpan.FromSeconds(pause));
        }
    }

    [Fact]
    public async Task Ten_thousand_machines_are_listed_and_one_that_nobody_asked_for_is_no_list()
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["count"] = 10_000L }, Short(60));
        await using var _ = (IAsyncDisposable)cloud;
        IReadOnlyList<Vm> vms = await cloud.ListAsync(["web"], Ct);
        Assert.Equal(10_000, vms.Count);
        Assert.Equal(("9999", "web", VmState.Running, "10.0.39.15"), (vms[^1].Id, vms[^1].Name, vms[^1].State, vms[^1].Addresses[0]));
    }

    [Fact]
    public async Task A_driver_that_is_not_used_any_more_leaves_no_process()
    {
        IIaasDriver cloud = Sample.Cloud(new() { ["scope"] = "process" }, Short(20), _log.Enqueue);
        string id = await cloud.GetScopeAsync(Ct);
        Assert.True(Directory.Exists($"/proc/{id}"));
        await ((IAsyncDisposable)cloud).DisposeAsync();
        Assert.False(Directory.Exists($"/proc/{id}"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cloud.GetScopeAsync(Ct));
    }
}
