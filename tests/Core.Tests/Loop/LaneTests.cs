using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Drivers.Runtime.InMemory;
using Xunit;

namespace Core.Tests.Loop;

public sealed class LaneTests
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(120);

    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly WatchedStore _store;
    readonly LaneRunner _runner;

    public LaneTests()
    {
        _store = new WatchedStore(new InMemoryDriver(new(), new(_time, new Random(1), "/")), []);
        _runner = new LaneRunner("instance", _store, _time);
    }

    static Lane Of(int presets) => Assert.Single(Lane.Of(Enumerable.Range(0, presets).Select(i => Given.Preset(1, $"p{i}"))));

    [Fact]
    public void Presets_of_one_driver_instance_and_lease_share_a_lane_and_all_of_the_instance_share_a_list()
    {
        Preset a = Given.Preset(1, "a"), b = Given.Preset(1, "b") with { ManageExpire = TimeSpan.FromSeconds(30) };
        Preset c = Given.Preset(1, "c") with { Iaas = new DriverReference("g", "Other", "other", new object()) };
        IReadOnlyList<Lane> lanes = Lane.Of([a, b, c, Given.Preset(1, "d")]);

        Assert.Equal(["a d", "b", "c"], lanes.Select(lane => string.Join(' ', lane.Names)));
        Assert.Equal(["a", "b", "d"], lanes[0].SharedWith.Order());
        Assert.Same(lanes[0].SharedWith, lanes[1].SharedWith);
    }

    [Fact]
    public async Task Everything_due_is_managed_once_under_a_lease_from_before_the_claim()
    {
        List<string> managed = [];
        long before = _time.GetTimestamp();
        await _runner.DrainAsync(Of(250), async (lease, sentAt) =>
        {
            Assert.Equal(before, sentAt);
            managed.Add(lease.Preset);
            await _store.CompleteAsync(lease, null, TimeSpan.FromMinutes(1), CancellationToken.None);
        }, () => true, courtesy: TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.Equal(250, managed.Distinct().Count());
        Assert.Equal(250, managed.Count);
    }

    [Fact]
    public async Task Each_claim_tells_whether_the_store_has_answered()
    {
        List<string?> told = [];
        var runner = new LaneRunner("instance", _store, _time) { Claimed = (_, failure) => told.Add(failure?.Message) };
        Task Drain() => runner.DrainAsync(Of(1), (lease, _) => _store.CompleteAsync(lease, null, TimeSpan.FromMinutes(1), CancellationToken.None), () => true, courtesy: null, TestContext.Current.CancellationToken);
        _store.OnClaim = () => throw new IOException("down");
        await Assert.ThrowsAsync<IOException>(Drain);
        _store.OnClaim = null;
        await Drain();

        Assert.Equal(["down", null, null], told);
    }

    [Fact]
    public async Task Two_hundred_are_managed_at_once_and_no_more()
    {
        var gate = new TaskCompletionSource();
        int running = 0;
        Task drain = _runner.DrainAsync(Of(1000), async (lease, _) =>
        {
            Interlocked.Increment(ref running);
            await gate.Task;
            await _store.CompleteAsync(lease, null, TimeSpan.FromMinutes(1), CancellationToken.None);
        }, () => true, courtesy: TimeSpan.Zero, TestContext.Current.CancellationToken);

        Assert.InRange(Volatile.Read(ref running), 100, 200);
        gate.SetResult();
        await drain;
        Assert.Equal(1000, running);
    }

    [Fact]
    public async Task A_slow_preset_holds_up_no_other_of_its_lane()
    {
        var slow = new TaskCompletionSource();
        List<string> quick = [];
        Task drain = DrainBesideAsync(slow.Task, quick, courtesy: TimeSpan.Zero);
        for (int second = 0; second < 20; second++) _time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(quick.Count, 4, 5);
        Assert.False(drain.IsCompleted);

        slow.SetResult();
        await drain;
    }

    [Fact]
    public async Task Once_is_once_for_those_too_that_become_due_beside_a_slow_one()
    {
        var slow = new TaskCompletionSource();
        List<string> quick = [];
        Task drain = DrainBesideAsync(slow.Task, quick, courtesy: null);
        _time.Advance(TimeSpan.FromSeconds(20));

        slow.SetResult();
        await drain;
        Assert.Single(quick);
    }

    /// <summary>What is claimed and not managed in time is kept from instances that have room, and may not be acted on any more when its turn comes.</summary>
    [Fact]
    public async Task A_lane_whose_runs_take_long_claims_fewer_at_once_and_more_again_when_they_do_not()
    {
        int running = 0, most = 0;
        bool isSlow = true;
        Task drain = _runner.DrainAsync(Of(3000), async (lease, _) =>
        {
            most = Math.Max(most, ++running);
            await Task.Delay(isSlow ? Lease / 2 : TimeSpan.FromSeconds(1), _time, CancellationToken.None);
            running--;
            await _store.CompleteAsync(lease, null, TimeSpan.FromDays(1), CancellationToken.None);
        }, () => true, courtesy: TimeSpan.Zero, TestContext.Current.CancellationToken);

        List<int> slow = [];
        for (int round = 0; round < 9; round++)
        {
            slow.Add(most);
            most = 0;
            _time.Advance(Lease / 2);
        }

        Assert.Equal(200, slow[0]);
        Assert.Equal(50, slow[^1]);
        isSlow = false;
        while (!drain.IsCompleted) _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, most);
        await drain;
    }

    /// <summary>Of two presets that are due every 5 s the first takes as long as it takes; the other's runs are noted.</summary>
    Task DrainBesideAsync(Task slow, List<string> quick, TimeSpan? courtesy) => _runner.DrainAsync(Of(2), async (lease, _) =>
    {
        if (lease.Preset == "p0") await slow;
        else quick.Add(lease.Preset);
        await _store.CompleteAsync(lease, null, TimeSpan.FromSeconds(5), CancellationToken.None);
    }, () => true, courtesy, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Who_is_stopping_claims_no_more_and_waits_for_what_runs()
    {
        using var stopping = new CancellationTokenSource();
        int managed = 0;
        await _runner.DrainAsync(Of(300), async (_, _) =>
        {
            managed++;
            await stopping.CancelAsync();
        }, () => true, courtesy: TimeSpan.Zero, stopping.Token);

        Assert.Equal(100, managed);
    }

    [Fact]
    public async Task Nothing_is_claimed_for_a_lane_that_is_not_in_force()
    {
        await _runner.DrainAsync(Of(3), (_, _) => throw new InvalidOperationException("claimed"), () => false, courtesy: TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_claim_that_fails_leaves_nothing_running_behind()
    {
        var gate = new TaskCompletionSource();
        int claims = 0;
        _store.OnClaim = () => ++claims == 2 ? throw new IOException("store gone") : Task.CompletedTask;
        Task drain = _runner.DrainAsync(Of(100), (_, _) => gate.Task, () => true, courtesy: TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.False(drain.IsCompleted);
        gate.SetResult();

        await Assert.ThrowsAsync<IOException>(() => drain);
    }

    [Fact]
    public async Task A_claim_that_hangs_is_given_up()
    {
        _store.OnClaim = () => Task.Delay(Timeout.Infinite, CancellationToken.None);
        Task drain = _runner.DrainAsync(Of(1), (_, _) => Task.CompletedTask, () => true, courtesy: TimeSpan.Zero, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("no answer for 15 s", (await Assert.ThrowsAsync<TimeoutException>(() => drain)).Message);
    }
}
