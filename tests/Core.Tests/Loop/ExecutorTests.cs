using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>Carrying out a plan: one failure never stops the rest, and nothing is sent when it may not be.</summary>
public sealed class ExecutorTests : IDisposable
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(120), TwoThirds = TimeSpan.FromSeconds(80);

    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly Metrics _metrics = new();
    readonly List<string> _log = [];
    readonly FakeIaas _iaas;
    readonly SteadyClock _clock;
    readonly IaasAccess _access;
    readonly CancellationTokenSource _stopping = new();
    CreateStop? _stopBefore;

    public ExecutorTests()
    {
        _iaas = new FakeIaas(_log);
        _clock = new SteadyClock(_time);
        _access = new IaasAccess(_iaas, "Fake", _clock, _metrics);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Ends vm1 and vm2 and creates as many as asked, under a lease whose claim was sent now.</summary>
    async Task<Execution> RunAsync(int creates = 2, LeaseGuard? guard = null)
    {
        History past = new(Given.Noon)
        {
            Machines = [.. new[] { "vm1", "vm2" }.Select(id => new MachineRecord(id, Given.Noon) { HasPassed = true })],
            CreateStop = _stopBefore,
        };
        Step[] steps =
        [
            new Step.Terminate("vm1", Cause.IllHealth, "ill") { Paced = true },
            new Step.Terminate("vm2", Cause.Requested, "asked") { Request = new Request.Terminate("r1", "anna", "vm2") },
            .. creates > 0 ? [new Step.Create(creates, "missing")] : Array.Empty<Step>(),
        ];
        string[] intents = [.. Enumerable.Range(1, creates).Select(i => $"i{i}")];
        var plan = new Plan { Present = 2, Next = past, Steps = steps };
        History announced = Effects.Announce(past, steps, intents, _clock.Now);
        VmRequest[] requests = [.. intents.Select(intent => new VmRequest("web", intent, "debian", "small"))];
        guard ??= new LeaseGuard(_time, new PresetLease("web", new LeaseToken(1, 7), Lease), _time.GetTimestamp());
        return await new Executor(_clock, _metrics).RunAsync(_access, plan, announced, requests, guard, "spec-1", _stopping.Token);
    }

    /// <summary>It is over, or the test fails: real time passes only then.</summary>
    static Task<Execution> EndOf(Task<Execution> running) => running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

    static void Refuse(IaasFailure failure, bool unknown = false) => throw new IaasException(failure, $"{failure}!") { EffectUnknown = unknown };

    [Fact]
    public async Task Ends_go_first_then_creates_under_the_token()
    {
        VmTermination? sent = null;
        _iaas.OnTerminate = (termination, _) =>
        {
            sent ??= termination;
            return Task.CompletedTask;
        };
        Execution done = await RunAsync();

        Assert.Equal(["terminate vm1", "terminate vm2", "create", "create"], _log);
        long limit = _time.GetTimestamp() + (long)(TwoThirds.TotalSeconds * _time.TimestampFrequency);
        Assert.Equal(new VmTermination("vm1", "web", "1.7") { SendBefore = limit }, sent);
        Assert.All(_iaas.Requests, request => Assert.Equal(limit, request.SendBefore));
        Assert.All(done.Steps, step => Assert.Null(step.Problem));
        Assert.All(done.History.Intents, intent => Assert.NotNull(intent.Vm));
    }

    [Theory]
    [InlineData(IaasFailure.Unavailable), InlineData(IaasFailure.NoCapacity), InlineData(IaasFailure.QuotaReached), InlineData(IaasFailure.Rejected)]
    public async Task A_failed_end_stops_nothing_else(IaasFailure failure)
    {
        _iaas.OnTerminate = (termination, _) =>
        {
            if (termination.Id == "vm1") Refuse(failure);
            return Task.CompletedTask;
        };
        Execution done = await RunAsync();

        Assert.Equal(["terminate vm1", "terminate vm2", "create", "create"], _log);
        Assert.Equal(failure, done.Steps[0].Failure);
        Assert.Null(done.History.Machines[0].Ending);
        Assert.Empty(done.History.Debts);
        Assert.True(done.History.Machines[1].IsLeaving);
    }

    [Fact]
    public async Task A_driver_that_throws_anything_else_stops_nothing_else()
    {
        _iaas.OnTerminate = (_, _) => throw new InvalidCastException("oops");
        _iaas.OnCreate = (_, _) => throw new InvalidCastException("oops");
        Execution done = await RunAsync();

        Assert.Equal(4, done.Steps.Count);
        Assert.All(done.Steps, step => Assert.Equal(IaasFailure.Unavailable, step.Failure));
        Assert.All(done.History.Intents, intent => Assert.NotNull(intent.SettlesFrom)); // in doubt
    }

    [Fact]
    public async Task An_end_whose_answer_is_lost_stays_announced_and_owed()
    {
        _iaas.OnTerminate = (_, _) => throw new IaasException(IaasFailure.Unavailable, "?") { EffectUnknown = true };
        Execution done = await RunAsync(0);

        Assert.All(done.History.Machines, machine => Assert.NotNull(machine.Ending));
        Assert.All(done.History.Machines, machine => Assert.False(machine.IsLeaving));
        Assert.Single(done.History.Debts);
    }

    [Fact]
    public async Task A_create_whose_answer_is_lost_is_in_doubt_and_one_that_was_refused_frees_its_slot()
    {
        _iaas.OnCreate = (request, _) =>
        {
            Refuse(IaasFailure.Unavailable, unknown: request.IntentId == "i1");
            return Task.CompletedTask;
        };
        Execution done = await RunAsync();

        Intent doubtful = Assert.Single(done.History.Intents);
        Assert.Equal(("i1", null, _clock.Now), (doubtful.Id, doubtful.Vm, doubtful.SettlesFrom));
    }

    [Theory]
    [InlineData(IaasFailure.NoCapacity), InlineData(IaasFailure.QuotaReached), InlineData(IaasFailure.Rejected), InlineData(IaasFailure.Throttled), InlineData(IaasFailure.Unauthorized)]
    public async Task After_such_a_refusal_no_further_create_of_this_cycle_is_sent(IaasFailure failure)
    {
        _iaas.OnCreate = (_, _) =>
        {
            Refuse(failure);
            return Task.CompletedTask;
        };
        Execution done = await RunAsync(3);

        Assert.Single(_log, "create");
        Assert.Empty(done.History.Intents);
        Assert.Equal($"not sent: {failure}", done.Steps[^1].Problem);
    }

    [Fact]
    public async Task An_unavailable_IaaS_is_asked_for_the_next_machine_all_the_same()
    {
        _iaas.OnCreate = (_, _) =>
        {
            Refuse(IaasFailure.Unavailable);
            return Task.CompletedTask;
        };
        await RunAsync(3);

        Assert.Equal(3, _log.Count(call => call == "create"));
    }

    [Theory]
    [InlineData(0, 30), InlineData(1, 60), InlineData(4, 480), InlineData(5, 600), InlineData(50, 600)]
    public async Task No_room_stops_creates_longer_each_time_up_to_ten_minutes(int triesBefore, int seconds)
    {
        if (triesBefore > 0) _stopBefore = new CreateStop(IaasFailure.QuotaReached, "full", triesBefore, Given.Noon, null);
        _iaas.OnCreate = (_, _) =>
        {
            Refuse(IaasFailure.QuotaReached);
            return Task.CompletedTask;
        };
        CreateStop stop = (await RunAsync()).History.CreateStop!;

        Assert.Equal(new CreateStop(IaasFailure.QuotaReached, "QuotaReached!", triesBefore + 1, _clock.Now.AddSeconds(seconds), null), stop);
    }

    [Fact]
    public async Task A_create_that_succeeds_ends_the_row_of_refusals()
    {
        _stopBefore = new CreateStop(IaasFailure.QuotaReached, "full", 9, Given.Noon, null);
        _iaas.OnCreate = (request, _) =>
        {
            if (request.IntentId == "i2") Refuse(IaasFailure.QuotaReached);
            return Task.CompletedTask;
        };

        Assert.Equal(1, (await RunAsync()).History.CreateStop!.Tries);
        Assert.Null((await RunAsync(1)).History.CreateStop);
    }

    [Fact]
    public async Task A_rejected_create_stops_creates_of_this_specification_for_ten_minutes()
    {
        _iaas.OnCreate = (_, _) =>
        {
            Refuse(IaasFailure.Rejected);
            return Task.CompletedTask;
        };

        Assert.Equal(new CreateStop(IaasFailure.Rejected, "Rejected!", 1, _clock.Now.AddMinutes(10), "spec-1"), (await RunAsync()).History.CreateStop);
    }

    [Fact]
    public async Task Nothing_is_sent_from_two_thirds_of_the_lease_on()
    {
        var guard = new LeaseGuard(_time, new PresetLease("web", new LeaseToken(1, 7), Lease), _time.GetTimestamp());
        _time.Advance(TwoThirds);
        Execution done = await RunAsync(2, guard);

        Assert.Empty(_log);
        Assert.Empty(done.History.Intents);
        Assert.Empty(done.History.Debts);
        Assert.All(done.History.Machines, machine => Assert.Null(machine.Ending));
        Assert.All(done.Steps, step => Assert.Equal("not sent: two thirds of the lease are over", step.Problem));
        Assert.Equal(new Answer("r1", false, "not sent: two thirds of the lease are over"), Assert.Single(done.Answers));
    }

    [Fact]
    public async Task Just_before_two_thirds_a_step_may_be_sent()
    {
        var guard = new LeaseGuard(_time, new PresetLease("web", new LeaseToken(1, 7), Lease), _time.GetTimestamp());
        _time.Advance(TwoThirds - TimeSpan.FromMilliseconds(1));
        await RunAsync(0, guard);

        Assert.Equal(["terminate vm1", "terminate vm2"], _log);
    }

    [Fact]
    public async Task A_call_on_its_way_is_given_up_at_two_thirds_and_is_in_doubt()
    {
        _iaas.OnTerminate = (_, token) => Task.Delay(Timeout.Infinite, token);
        Task<Execution> running = RunAsync();
        _time.Advance(TwoThirds - TimeSpan.FromMilliseconds(1));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Execution done = await EndOf(running);

        Assert.Equal(["terminate vm1"], _log);
        Assert.NotNull(done.History.Machines[0].Ending);
        Assert.Null(done.History.Machines[1].Ending);
    }

    [Fact]
    public async Task A_process_that_stops_does_so_between_two_steps()
    {
        _iaas.OnTerminate = (_, _) => _stopping.CancelAsync();
        Execution done = await RunAsync();

        Assert.Equal(["terminate vm1"], _log);
        Assert.True(done.History.Machines[0].IsLeaving);
        Assert.Equal("not sent: this instance is stopping", done.Steps[1].Problem);
        Assert.Empty(done.History.Intents);
    }

    [Fact]
    public async Task A_call_on_its_way_has_ten_more_seconds_when_the_process_stops()
    {
        _iaas.OnTerminate = (_, token) => Task.Delay(Timeout.Infinite, token);
        Task<Execution> running = RunAsync();
        await _stopping.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.NotNull((await EndOf(running)).Steps[0].Problem);
    }

    [Fact]
    public async Task A_process_that_stops_never_prolongs_a_call_beyond_two_thirds_of_the_lease()
    {
        _iaas.OnTerminate = (_, token) => Task.Delay(Timeout.Infinite, token);
        Task<Execution> running = RunAsync();
        _time.Advance(TwoThirds - TimeSpan.FromSeconds(1));
        await _stopping.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        await EndOf(running);
        Assert.Equal(["terminate vm1"], _log);
    }
}
