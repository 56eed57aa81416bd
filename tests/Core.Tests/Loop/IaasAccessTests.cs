using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>One driver instance as many presets share it.</summary>
public sealed class IaasAccessTests : IDisposable
{
    static readonly HashSet<string> Names = ["web", "db"];

    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly Metrics _metrics = new();
    readonly List<string> _log = [];
    readonly FakeIaas _iaas;
    readonly SteadyClock _clock;
    readonly IaasAccess _access;

    public IaasAccessTests()
    {
        _iaas = new FakeIaas(_log);
        _clock = new SteadyClock(_time);
        _access = new IaasAccess(_iaas, "Fake", _clock, _metrics);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _metrics.Dispose();

    Task<Look> LookAsync(DateTimeOffset? notBefore = null) => _access.LookAsync(Names, notBefore ?? DateTimeOffset.MinValue, Ct);

    Task CreateAsync() => _access.CreateAsync(new VmRequest("web", "i1", "debian", "small"), Ct);

    static async Task<IaasException> FailureOf(Task call) => await Assert.ThrowsAsync<IaasException>(() => call);

    [Fact]
    public async Task Looks_at_the_same_time_share_one_list()
    {
        var gate = new TaskCompletionSource();
        _iaas.OnList = _ => gate.Task;
        Task<Look>[] looks = [LookAsync(), LookAsync(), LookAsync()];
        gate.SetResult();

        Look[] all = await Task.WhenAll(looks);
        Assert.All(all, look => Assert.Same(all[0], look));
        Assert.Equal(["list"], _log);
    }

    [Fact]
    public async Task A_list_serves_for_ten_seconds_from_when_it_was_begun()
    {
        Look first = await LookAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Same(first, await LookAsync());

        _time.Advance(TimeSpan.FromTicks(1));
        Look second = await LookAsync();
        Assert.NotSame(first, second);
        Assert.Equal(_clock.Now, second.Begun);
    }

    [Fact]
    public async Task A_list_begun_too_early_does_not_serve_whoever_acted_since()
    {
        Look first = await LookAsync();
        DateTimeOffset begun = _clock.Now;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Same(first, await LookAsync(begun));
        Assert.NotSame(first, await LookAsync(begun + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public async Task A_list_under_way_that_was_begun_too_early_does_not_serve_either()
    {
        var gate = new TaskCompletionSource();
        _iaas.OnList = _ => gate.Task;
        Task<Look> first = LookAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Task<Look> second = LookAsync(_clock.Now);
        gate.SetResult();

        Assert.NotSame(await first, await second);
        Assert.Equal(2, _log.Count);
    }

    [Fact]
    public async Task Other_presets_need_another_list()
    {
        Look first = await LookAsync();
        HashSet<string> more = ["web", "db", "new"];

        Assert.NotSame(first, await _access.LookAsync(more, DateTimeOffset.MinValue, Ct));
    }

    [Fact]
    public async Task Whoever_stops_waiting_stops_nobody_elses_list()
    {
        var gate = new TaskCompletionSource();
        _iaas.OnList = _ => gate.Task;
        using var gone = new CancellationTokenSource();
        Task<Look> impatient = _access.LookAsync(Names, DateTimeOffset.MinValue, gone.Token);
        Task<Look> patient = LookAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        gate.SetResult();

        Assert.NotNull(await patient);
    }

    [Fact]
    public async Task A_scope_that_changes_during_the_list_is_no_look()
    {
        _iaas.OnList = _ =>
        {
            _iaas.Scope = "elsewhere";
            return Task.CompletedTask;
        };
        IaasException failure = await FailureOf(LookAsync());

        Assert.Equal(IaasFailure.Unavailable, failure.Failure);
        Assert.Equal("the scope changed from 'cloud' to 'elsewhere' during the list", failure.Message);
    }

    [Fact]
    public async Task A_list_that_takes_two_minutes_is_given_up()
    {
        _iaas.OnList = token => Task.Delay(Timeout.Infinite, token);
        Task<Look> look = LookAsync();
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(IaasFailure.Unavailable, (await FailureOf(look)).Failure);
    }

    [Fact]
    public async Task A_failed_list_serves_no_look_for_long()
    {
        _iaas.OnList = _ => throw new IaasException(IaasFailure.Unavailable, "503");
        await FailureOf(LookAsync());
        _iaas.OnList = _ => Task.CompletedTask;
        _time.Advance(TimeSpan.FromSeconds(2.1));

        Assert.NotNull(await LookAsync());
    }

    [Fact]
    public async Task Throttled_holds_every_call_for_as_long_as_the_IaaS_asks()
    {
        _iaas.OnCreate = (_, _) => throw new IaasException(IaasFailure.Throttled, "slow down") { RetryAfter = TimeSpan.FromSeconds(90) };
        await FailureOf(CreateAsync());
        _log.Clear();
        _time.Advance(TimeSpan.FromSeconds(90) - TimeSpan.FromTicks(1));

        IaasException held = await FailureOf(LookAsync());
        Assert.Equal(IaasFailure.Throttled, held.Failure);
        Assert.False(held.EffectUnknown);
        Assert.Contains("slow down", held.Message, StringComparison.Ordinal);
        await FailureOf(_access.FindAsync("vm1", Ct));
        Assert.Empty(_log);

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await _access.FindAsync("vm1", Ct));
    }

    [Theory, InlineData(null, 30), InlineData(3600, 600)]
    public async Task Throttled_without_a_word_holds_half_a_minute_and_never_more_than_ten(int? told, int seconds)
    {
        _iaas.OnCreate = (_, _) => throw new IaasException(IaasFailure.Throttled, "slow") { RetryAfter = told is { } after ? TimeSpan.FromSeconds(after) : null };
        await FailureOf(CreateAsync());

        Assert.Equal(TimeSpan.FromSeconds(seconds), await HeldForAsync());
    }

    [Fact]
    public async Task Unauthorized_holds_every_call_longer_each_time_up_to_five_minutes_although_lists_are_allowed()
    {
        _iaas.OnCreate = (_, _) => throw new IaasException(IaasFailure.Unauthorized, "no right to create");
        List<double> waits = [];
        for (int i = 0; i < 7; i++)
        {
            await FailureOf(CreateAsync());
            waits.Add((await HeldForAsync()).TotalSeconds);
            await LookAsync(_clock.Now);
        }

        Assert.Equal([10, 20, 40, 80, 160, 300, 300], waits);
    }

    [Fact]
    public async Task Calls_refused_side_by_side_are_one_refusal()
    {
        var gate = new TaskCompletionSource();
        _iaas.OnFind = async (_, _) =>
        {
            await gate.Task;
            throw new IaasException(IaasFailure.Unauthorized, "no");
        };
        Task<Vm?>[] calls = [.. Enumerable.Range(0, 10).Select(i => _access.FindAsync($"vm{i}", Ct))];
        gate.SetResult();
        foreach (Task<Vm?> call in calls) await FailureOf(call);

        Assert.Equal(TimeSpan.FromSeconds(10), await HeldForAsync());
    }

    [Fact]
    public async Task A_call_that_is_allowed_again_begins_anew()
    {
        Func<string, CancellationToken, Task> no = (_, _) => throw new IaasException(IaasFailure.Unauthorized, "no");
        _iaas.OnFind = no;
        await FailureOf(_access.FindAsync("vm1", Ct));
        await HeldForAsync();
        await FailureOf(_access.FindAsync("vm1", Ct));
        await HeldForAsync();
        _iaas.OnFind = (_, _) => Task.CompletedTask;
        await _access.FindAsync("vm1", Ct);
        _iaas.OnFind = no;
        await FailureOf(_access.FindAsync("vm1", Ct));

        Assert.Equal(TimeSpan.FromSeconds(10), await HeldForAsync());
    }

    [Fact]
    public async Task A_driver_that_throws_something_else_is_unavailable_and_its_effect_unknown()
    {
        _iaas.OnCreate = (_, _) => throw new InvalidOperationException("bug");
        IaasException failure = await FailureOf(CreateAsync());

        Assert.Equal(IaasFailure.Unavailable, failure.Failure);
        Assert.True(failure.EffectUnknown);
        Assert.Contains("InvalidOperationException on create", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_given_up_has_an_unknown_effect()
    {
        _iaas.OnCreate = (_, _) => Task.Delay(Timeout.Infinite, CancellationToken.None); // deaf to its token
        using var deadline = new CancellationTokenSource();
        Task create = _access.CreateAsync(new VmRequest("web", "i1", "debian", "small"), deadline.Token);
        await deadline.CancelAsync();

        Assert.True((await FailureOf(create)).EffectUnknown);
    }

    [Fact]
    public async Task Sixteen_calls_are_in_flight_at_once_and_no_more()
    {
        var gate = new TaskCompletionSource();
        _iaas.OnFind = (_, _) => gate.Task;
        Task<Vm?>[] calls = [.. Enumerable.Range(0, 40).Select(i => _access.FindAsync($"vm{i}", Ct))];

        Assert.Equal(16, _log.Count);
        gate.SetResult();
        await Task.WhenAll(calls);
        Assert.Equal(40, _log.Count);
    }

    /// <summary>Advances until calls are let through again.</summary>
    async Task<TimeSpan> HeldForAsync()
    {
        DateTimeOffset from = _clock.Now;
        Func<CancellationToken, Task> list = _iaas.OnList;
        _iaas.OnList = _ => Task.CompletedTask;
        HashSet<string> asked = [];
        while (true)
        {
            try
            {
                await _access.LookAsync(asked, DateTimeOffset.MinValue, Ct);
                _iaas.OnList = list;
                return _clock.Now - from;
            }
            catch (IaasException)
            {
                asked = [];
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>As of a process that was frozen: nothing was cancelled, and the clock is past it.</summary>
    [Fact]
    public async Task What_waited_for_its_turn_until_its_time_was_over_is_not_sent()
    {
        var gate = new TaskCompletionSource();
        _iaas.OnCreate = (_, _) => gate.Task;
        Task[] first = [.. Enumerable.Range(0, 16).Select(_ => CreateAsync())];
        long limit = _time.GetTimestamp() + (10 * _time.TimestampFrequency);
        Task create = _access.CreateAsync(new VmRequest("web", "late", "debian", "small") { SendBefore = limit }, Ct);
        Task end = _access.TerminateAsync(new VmTermination("vm1", "web", "1.1") { SendBefore = limit }, Ct);
        _time.Advance(TimeSpan.FromSeconds(10));
        gate.SetResult();

        await Task.WhenAll(first);
        await Assert.ThrowsAsync<OperationCanceledException>(() => create);
        await Assert.ThrowsAsync<OperationCanceledException>(() => end);
        Assert.DoesNotContain(_iaas.Requests, request => request.IntentId == "late");
        Assert.DoesNotContain("terminate vm1", _log);
    }
}
