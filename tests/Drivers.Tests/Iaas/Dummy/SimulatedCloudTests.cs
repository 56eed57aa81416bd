using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;
using Xunit;

namespace Drivers.Tests.Iaas.Dummy;

public sealed class SimulatedCloudTests
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_is_pending_until_its_boot_time_has_passed_then_runs_at_an_address_of_its_own()
    {
        var cloud = new SimulatedCloud(_time, seed: 1) { BootTime = TimeSpan.FromSeconds(10) };
        string first = await cloud.CreateAsync(Request("web"), Ct);
        await cloud.CreateAsync(Request("web"), Ct);

        _time.Advance(TimeSpan.FromSeconds(9.9));
        Vm pending = (await cloud.FindAsync(first, Ct))!;
        Assert.Equal(VmState.Pending, pending.State);
        Assert.Empty(pending.Addresses);

        _time.Advance(TimeSpan.FromSeconds(0.1));
        IReadOnlyList<Vm> running = await cloud.ListAsync(["web"], Ct);
        Assert.All(running, vm => Assert.Equal(VmState.Running, vm.State));
        Assert.Equal(["127.30.0.1", "127.30.0.2"], running.SelectMany(vm => vm.Addresses));
    }

    [Fact]
    public async Task A_jump_of_the_wall_clock_boots_nothing()
    {
        var time = new JumpingTime();
        var cloud = new SimulatedCloud(time, seed: 1);
        string id = await cloud.CreateAsync(Request("web"), Ct);
        time.Jump = TimeSpan.FromDays(3650);
        Assert.Equal(VmState.Pending, (await cloud.FindAsync(id, Ct))!.State);
    }

    [Fact]
    public async Task A_list_at_rest_shows_the_same_instances_and_allocates_only_itself()
    {
        var cloud = new SimulatedCloud(_time, seed: 1);
        string[] presets = [.. Enumerable.Range(0, 100).Select(i => $"p{i}")];
        foreach (string preset in presets)
            for (int i = 0; i < 10; i++) await cloud.CreateAsync(Request(preset), Ct);
        _time.Advance(cloud.BootTime);
        IReadOnlyList<Vm> before = await cloud.ListAsync(presets, Ct);

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        IReadOnlyList<Vm> after = await cloud.ListAsync(presets, Ct);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        Assert.Equal(1000, after.Count);
        Assert.All(before.Zip(after), pair => Assert.Same(pair.First, pair.Second));
        Assert.InRange(allocated, 8 * 1000, 8 * 1000 + 2000);
    }

    [Fact]
    public async Task A_preset_named_twice_is_listed_once()
    {
        var cloud = new SimulatedCloud(_time, seed: 1);
        await cloud.CreateAsync(Request("web"), Ct);
        Assert.Single(await cloud.ListAsync(["web", "web"], Ct));
    }

    [Fact]
    public async Task The_same_seed_and_the_same_calls_give_the_same_run()
    {
        async Task<string> RunAsync(int seed)
        {
            var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
            var cloud = new SimulatedCloud(time, seed) { LostRequests = 0.2, LostAnswers = 0.2, Staleness = TimeSpan.FromSeconds(30) };
            var story = new List<string>();
            for (int step = 0; step < 200; step++, time.Advance(TimeSpan.FromSeconds(3)))
            {
                try
                {
                    if (step % 3 == 0) story.Add(await cloud.CreateAsync(Request("web"), Ct));
                    IReadOnlyList<Vm> seen = await cloud.ListAsync(["web"], Ct);
                    story.AddRange(seen.Select(vm => vm.ToString()));
                    if (step % 4 == 0 && seen.Count > 0) await cloud.TerminateAsync(new VmTermination(seen[0].Id, "web", "1"), Ct);
                }
                catch (IaasException lost)
                {
                    story.Add(lost.Message);
                }
            }

            return string.Join('\n', story.Concat(cloud.Ledger.Select(entry => entry.ToString())));
        }

        Assert.Equal(await RunAsync(7), await RunAsync(7));
        Assert.NotEqual(await RunAsync(7), await RunAsync(8));
    }

    [Fact]
    public async Task A_lost_request_had_no_effect_and_a_lost_answer_had_it_and_the_caller_cannot_tell_them_apart()
    {
        var down = new SimulatedCloud(_time, seed: 1) { LostRequests = 1 };
        var mute = new SimulatedCloud(_time, seed: 1) { LostAnswers = 1 };

        IaasException request = await Assert.ThrowsAsync<IaasException>(() => down.CreateAsync(Request("web"), Ct));
        IaasException answer = await Assert.ThrowsAsync<IaasException>(() => mute.CreateAsync(Request("web"), Ct));

        Assert.Equal(0, down.Count);
        Assert.Equal(1, mute.Count);
        Assert.Equal(
            (request.Failure, request.EffectUnknown, request.Message),
            (answer.Failure, answer.EffectUnknown, answer.Message));
        Assert.Equal(IaasFailure.Unavailable, request.Failure);
        Assert.True(request.EffectUnknown);
    }

    [Fact]
    public async Task Losses_come_as_often_as_they_were_ordered()
    {
        var cloud = new SimulatedCloud(_time, seed: 3) { LostRequests = 0.1, LostAnswers = 0.3 };
        int failures = 0;
        for (int i = 0; i < 2000; i++)
        {
            try { await cloud.CreateAsync(Request("web"), Ct); }
            catch (IaasException) { failures++; }
        }

        Assert.InRange(2000 - cloud.Count, 150, 250);
        Assert.InRange(failures, 660, 820);
    }

    [Fact]
    public async Task The_quota_refuses_a_machine_more_and_counts_dead_ones_until_they_are_ended()
    {
        var cloud = new SimulatedCloud(_time, seed: 1) { Quota = 1 };
        string id = await cloud.CreateAsync(Request("web"), Ct);
        cloud.Die(id);

        IaasException refusal = await Assert.ThrowsAsync<IaasException>(() => cloud.CreateAsync(Request("web"), Ct));
        Assert.Equal(IaasFailure.QuotaReached, refusal.Failure);
        Assert.False(refusal.EffectUnknown);

        await cloud.TerminateAsync(new VmTermination(id, "web", "1"), Ct);
        await cloud.CreateAsync(Request("web"), Ct);
    }

    [Fact]
    public async Task A_list_lags_no_longer_than_the_staleness_and_a_lookup_not_at_all()
    {
        var cloud = new SimulatedCloud(_time, seed: 5) { Staleness = TimeSpan.FromSeconds(60) };
        Assert.Equal(TimeSpan.FromSeconds(60), cloud.VisibilityGrace);
        var ids = new List<string>();
        for (int i = 0; i < 50; i++) ids.Add(await cloud.CreateAsync(Request("web"), Ct));

        foreach (string id in ids) Assert.NotNull(await cloud.FindAsync(id, Ct));
        Assert.InRange((await cloud.ListAsync(["web"], Ct)).Count, 0, 10);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.InRange((await cloud.ListAsync(["web"], Ct)).Count, 15, 35);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(50, (await cloud.ListAsync(["web"], Ct)).Count);

        foreach (string id in ids) await cloud.TerminateAsync(new VmTermination(id, "web", "1"), Ct);
        Assert.Null(await cloud.FindAsync(ids[0], Ct));
        Assert.Equal(0, cloud.Count);
        Assert.InRange((await cloud.ListAsync(["web"], Ct)).Count, 40, 50);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(await cloud.ListAsync(["web"], Ct));
    }

    [Fact]
    public async Task A_call_takes_its_latency()
    {
        var cloud = new SimulatedCloud(_time, seed: 1) { Latency = TimeSpan.FromSeconds(2) };
        Task<string> create = cloud.CreateAsync(Request("web"), Ct);
        Assert.Equal(0, cloud.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, cloud.Count);
        Assert.False(create.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await create;
    }

    [Fact]
    public async Task A_create_that_is_cancelled_on_its_way_still_arrives()
    {
        var cloud = new SimulatedCloud(_time, seed: 1) { Latency = TimeSpan.FromSeconds(2) };
        using var giveUp = new CancellationTokenSource();
        Task<string> create = cloud.CreateAsync(Request("web"), giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => create);

        Assert.Equal(0, cloud.Count);
        _time.Advance(cloud.VisibilityGrace);
        Assert.Equal(1, cloud.Count);
    }

    [Fact]
    public async Task Behaviour_shows_in_the_state_and_healing_brings_a_machine_back()
    {
        var cloud = new SimulatedCloud(_time, seed: 1);
        string id = await cloud.CreateAsync(Request("web"), Ct);
        _time.Advance(cloud.BootTime);
        async Task<VmState> StateAsync() => (await cloud.FindAsync(id, Ct))!.State;

        Assert.True(cloud.Die(id));
        Assert.Equal(VmState.Terminated, await StateAsync());
        Assert.True(cloud.Fail(id));
        Assert.Equal(VmState.Error, await StateAsync());
        Assert.True(cloud.Hang(id));
        Assert.Equal(VmState.Running, await StateAsync());
        Assert.Equal(GuestBehaviour.Hung, Assert.Single(cloud.Snapshot()).Behaviour);
        Assert.True(cloud.Heal(id));
        Assert.Equal(GuestBehaviour.Good, Assert.Single(cloud.Snapshot()).Behaviour);
        Assert.False(cloud.Die("nobody"));
    }

    [Fact]
    public async Task A_foreign_machine_may_bear_any_name_and_any_marks()
    {
        var cloud = new SimulatedCloud(_time, seed: 1) { Quota = 0, LostRequests = 0 };
        string id = cloud.AddForeign("web", new Dictionary<string, string> { [VmMetadata.Installation] = "other" }, ["blue"]);
        Vm vm = Assert.Single(await cloud.ListAsync(["web"], Ct));
        Assert.Equal(id, vm.Id);
        Assert.Equal("other", vm.Metadata[VmMetadata.Installation]);
        Assert.Equal(["blue"], vm.Tags);
    }

    [Fact]
    public async Task Addresses_are_not_used_again_before_65024_machines_and_never_by_two_at_once()
    {
        var cloud = new SimulatedCloud(_time, seed: 1) { BootTime = TimeSpan.Zero };
        var seen = new HashSet<string>();
        string last = "";
        for (int i = 0; i < 65_024; i++)
        {
            if (i % 2 == 1) await cloud.TerminateAsync(new VmTermination(last, "web", "1"), Ct);
            last = await cloud.CreateAsync(Request("web"), Ct);
            Assert.True(seen.Add((await cloud.FindAsync(last, Ct))!.Addresses[0]));
        }

        string again = await cloud.CreateAsync(Request("web"), Ct);
        Assert.Equal("127.30.0.1", (await cloud.FindAsync(again, Ct))!.Addresses[0]);
    }

    [Fact]
    public async Task The_ledger_holds_every_effect_in_order_with_intent_and_token_and_appends_to_its_file()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await File.WriteAllTextAsync(file, "before\n", Ct);
            using (var cloud = new SimulatedCloud(_time, seed: 1, file))
            {
                string id = await cloud.CreateAsync(Request("web", "intent-1", "7"), Ct);
                cloud.Hang(id);
                cloud.Hang(id);
                _time.Advance(TimeSpan.FromSeconds(5));
                await cloud.TerminateAsync(new VmTermination(id, "web", "9"), Ct);
                await cloud.TerminateAsync(new VmTermination(id, "web", "9"), Ct);
                Assert.Equal(
                    [
                        new(_time.Start, LedgerOp.Create, "web", id, "intent-1", "7"),
                        new(_time.Start, LedgerOp.Hang, "web", id, "intent-1", null),
                        new(_time.Start.AddSeconds(5), LedgerOp.Terminate, "web", id, "intent-1", "9"),
                    ],
                    cloud.Ledger);
            }

            string[] lines = await File.ReadAllLinesAsync(file, Ct);
            Assert.Equal(4, lines.Length);
            Assert.Equal("before", lines[0]);
            Assert.StartsWith("""{"time":"2026-01-01T00:00:00+00:00","op":"create","preset":"web","id":"dummy-""", lines[1], StringComparison.Ordinal);
            Assert.EndsWith(""","intent":"intent-1","token":"7"}""", lines[1], StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_ledger_in_memory_is_bounded()
    {
        var cloud = new SimulatedCloud(_time, seed: 1);
        string id = await cloud.CreateAsync(Request("web"), Ct);
        for (int i = 0; i < 6_000; i++)
        {
            cloud.Hang(id);
            cloud.Heal(id);
        }

        Assert.Equal(10_000, cloud.Ledger.Count);
        Assert.Equal(LedgerOp.Heal, cloud.Ledger[^1].Op);
    }

    static VmRequest Request(string preset, string intent = "i", string token = "1") => new(preset, intent, "image", "flavor")
    {
        Metadata = new Dictionary<string, string> { [VmMetadata.Intent] = intent, [VmMetadata.Token] = token },
    };

    /// <summary>Its wall clock may jump; its timestamps do not.</summary>
    sealed class JumpingTime : FakeTimeProvider
    {
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
