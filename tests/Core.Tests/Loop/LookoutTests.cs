using Core.Tests.Safety;
using Microsoft.Extensions.Logging.Abstractions;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>What goes on while the store is out of reach.</summary>
public sealed class LookoutTests : IAsyncDisposable
{
    static readonly IOException Down = new("connection refused");

    readonly StatusBoard _board = new();
    readonly Stage _web = new();
    readonly Lookouts _lookouts;

    public LookoutTests() => _lookouts = new Lookouts(new LookoutTools("instance", _web.Cycle, _board, (_, preset) => _web.Input(preset), _web.Clock, NullLogger.Instance));

    public async ValueTask DisposeAsync()
    {
        await _lookouts.CloseAsync();
        _web.Dispose();
    }

    /// <summary>These are in force now.</summary>
    Lane Of(params Preset[] presets)
    {
        Lane lane = Assert.Single(Lane.Of(presets));
        _lookouts.Adopt([lane]);
        return lane;
    }

    CycleReport Web => _board.Find("web")!;

    /// <summary>At rest and on the board; then the store goes away.</summary>
    async Task<Lane> LostAsync()
    {
        await _web.SettledAsync();
        _board.Post(await _web.RunAsync());
        _web.Log.Clear();
        _lookouts.Open();
        Lane lane = Of(_web.Preset);
        _lookouts.Claimed(lane, Down);
        return lane;
    }

    void Wait(int seconds)
    {
        for (int second = 0; second < seconds; second++) _web.Time.Advance(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Machines_are_listed_and_checked_at_their_interval_and_nothing_is_written_or_sent()
    {
        await LostAsync();
        _web.Ill.Add("vm1");
        _web.Iaas.Change("vm2", VmState.Error);
        Wait(9);
        Assert.Equal(CycleOutcome.AtRest, Web.Outcome); // not due yet

        Wait(11); // a list serves for 10 s, and so does the last one of before
        Assert.Equal((CycleOutcome.Failed, 2, 3), (Web.Outcome, Web.Present, Web.Desired));
        Assert.Equal(["the store is out of reach (IOException: connection refused): looked at and checked only, nothing is created or ended"], Web.Problems);
        Assert.Equal(["unhealthy", "error", "running"], Web.Machines.Select(machine => machine.State));

        int checks = 0;
        _web.Check = new FakeCheck(vm =>
        {
            if (vm.Id == "vm3") checks++;
            return Verdict.Passed;
        });
        Wait(600);
        Assert.Equal(60, checks);
        Assert.All(_web.Log, call => Assert.Equal("list", call));
        Assert.InRange(_web.Log.Count, 30, 61);
    }

    [Fact]
    public async Task What_fails_meanwhile_does_not_count_and_the_first_cycle_after_it_is_a_first_look()
    {
        Lane lane = await LostAsync();
        _web.Ill.Add("vm1");
        Wait(600);
        _lookouts.Claimed(lane, null);
        await _web.RunAsync();

        History after = (await _web.StoredAsync())!;
        Assert.Equal(1, after.Machines[0].Failures!.Count);
        Assert.Equal(3, _web.Iaas.Machines.Count);
    }

    [Fact]
    public async Task It_ends_in_the_middle_of_a_look_when_the_store_answers()
    {
        Lane lane = await LostAsync();
        var never = new TaskCompletionSource();
        _web.Iaas.OnList = _ => never.Task;
        Wait(20);
        CycleReport before = Web;
        Assert.Equal(("IOException: connection refused", 1), (_lookouts.Problem, _web.Log.Count));
        _lookouts.Claimed(lane, null);
        never.SetResult();
        await _lookouts.CloseAsync();
        Wait(60);

        Assert.Null(_lookouts.Problem);
        Assert.Same(before, Web);
        Assert.Single(_web.Log);
    }

    [Fact]
    public async Task A_claim_that_hangs_holds_up_no_look_and_what_it_says_in_the_end_is_said()
    {
        Lane lane = await LostAsync();
        Wait(25);
        _lookouts.Claimed(lane, new TimeoutException("no answer for 15 s"));
        Wait(20);

        Assert.Equal(2, _web.Log.Count);
        Assert.Contains("(TimeoutException: no answer for 15 s)", Assert.Single(Web.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_that_fails_shows_the_machines_of_the_last_good_one()
    {
        await LostAsync();
        _web.Iaas.OnList = _ => throw new IaasException(IaasFailure.Unavailable, "down too");
        Wait(20);

        Assert.Equal((3, 2), (Web.Machines.Count, Web.Problems.Count));
        Assert.Equal("the machines could not be listed (Unavailable): down too", Web.Problems[1]);
    }

    [Fact]
    public async Task A_group_that_has_vanished_is_shown_as_it_is()
    {
        await LostAsync();
        _web.Iaas.Machines.Clear();
        Wait(20);

        Assert.Empty(Web.Machines);
        Assert.Equal(3, Web.Present); // missing is not gone (G5): nobody looks at a list alone
    }

    [Fact]
    public void What_another_instance_managed_last_is_left_to_it_and_what_nobody_is_known_to_manage_is_looked_at()
    {
        Preset mine = Given.Preset(1, "mine"), other = Given.Preset(1, "other"), unknown = Given.Preset(1, "unknown");
        _board.Post(new CycleReport { Preset = "mine", Outcome = CycleOutcome.Done, Started = Given.Noon, Instance = "instance" });
        _board.Post(new CycleReport { Preset = "other", Outcome = CycleOutcome.Done, Started = Given.Noon, Instance = "another" });
        _lookouts.Open();
        _lookouts.Claimed(Of(mine, other, unknown), Down);
        Wait(1);
        Assert.Equal([CycleOutcome.Done, CycleOutcome.Done, CycleOutcome.Failed], _board.All.Select(report => report.Outcome));

        Wait(30);
        Assert.Equal([CycleOutcome.Failed, CycleOutcome.Done, CycleOutcome.Failed], _board.All.Select(report => report.Outcome));
    }

    [Fact]
    public async Task Two_hundred_are_looked_at_side_by_side_and_no_more()
    {
        int running = 0, most = 0;
        var gate = new TaskCompletionSource();
        _web.Check = new FakeCheck(async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await gate.Task;
            Interlocked.Decrement(ref running);
            return Verdict.Passed;
        });
        Preset[] presets = [.. Enumerable.Range(0, 450).Select(i => Given.Preset(1, $"p{i:000}"))];
        foreach (Preset preset in presets) _web.Iaas.Add($"vm-{preset.Name}", preset.Name);
        _web.Share(presets);
        _lookouts.Open();
        _lookouts.Claimed(Of(presets), Down);
        Wait(5);
        Assert.Equal((200, 200), (running, most));

        gate.SetResult();
        while (_board.All.Count < 450) await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.Equal(200, most);
    }

    [Fact]
    public async Task It_goes_on_with_other_presets_when_these_change()
    {
        Lane lane = await LostAsync();
        Preset more = Given.Preset(1, "more");
        Of(_web.Preset, more);
        Wait(2);
        Assert.NotNull(_lookouts.Problem);
        Assert.Equal(CycleOutcome.Failed, _board.Find("more")!.Outcome);

        _lookouts.Claimed(lane, null); // sent before
        Assert.NotNull(_lookouts.Problem);

        _lookouts.Adopt([]);
        _lookouts.Claimed(lane, Down);
        Assert.Null(_lookouts.Problem);
        await _lookouts.CloseAsync();
        Assert.Empty(_lookouts.Drivers);
    }

    [Fact]
    public void A_run_that_ends_anyway_only_knows_of_it()
    {
        _lookouts.Claimed(Of(_web.Preset), Down);
        Wait(60);

        Assert.NotNull(_lookouts.Problem);
        Assert.Empty(_web.Log);
    }
}
