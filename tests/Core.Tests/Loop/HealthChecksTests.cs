using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Loop;

public sealed class HealthChecksTests : IDisposable
{
    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly Metrics _metrics = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _metrics.Dispose();

    static Vm[] Machines(int count) => [.. Enumerable.Range(0, count).Select(i => new Vm($"vm{i}", "web", VmState.Running, null))];

    [Fact]
    public async Task Only_machines_that_run_and_are_told_whole_are_checked_and_verdicts_keep_their_order()
    {
        Vm[] machines = [.. Enum.GetValues<VmState>().Select(state => new Vm(state.ToString(), "web", state, null)), new Vm("part", "web", VmState.Running, null) { IsComplete = false }];
        IReadOnlyList<Verdict?> verdicts = await new HealthChecks(_time, _metrics).CheckAsync(new FakeCheck(_ => Fate.Bad), machines, Ct);

        Assert.Equal(machines.Select(vm => vm is { State: VmState.Running, IsComplete: true } ? Fate.Bad : null), verdicts);
    }

    [Fact]
    public async Task Without_a_driver_nothing_is_checked() =>
        Assert.All(await new HealthChecks(_time, _metrics).CheckAsync(null, Machines(3), Ct), Assert.Null);

    [Fact]
    public async Task A_bounded_number_is_in_flight_over_all_presets_and_all_are_checked()
    {
        var gate = new TaskCompletionSource();
        int inFlight = 0, most = 0, done = 0;
        var driver = new FakeCheck(async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inFlight));
            await gate.Task;
            Interlocked.Decrement(ref inFlight);
            Interlocked.Increment(ref done);
            return Verdict.Passed;
        });
        var checks = new HealthChecks(_time, _metrics);
        Task<IReadOnlyList<Verdict?>>[] presets = [.. Enumerable.Range(0, 3).Select(_ => checks.CheckAsync(driver, Machines(1000), Ct).AsTask())];

        Assert.Equal(512, Volatile.Read(ref inFlight));
        gate.SetResult();
        await Task.WhenAll(presets);
        Assert.Equal((3000, 512), (done, most));
    }

    [Fact]
    public async Task A_driver_that_hangs_is_unknown_after_a_minute_and_holds_up_no_other_machine()
    {
        var driver = new FakeCheck(async (vm, _) =>
        {
            if (vm.Id == "vm1") await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return Verdict.Passed;
        });
        Task<IReadOnlyList<Verdict?>> check = new HealthChecks(_time, _metrics).CheckAsync(driver, Machines(3), Ct).AsTask();
        Assert.False(check.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(60));
        IReadOnlyList<Verdict?> verdicts = await check;

        Assert.Equal(new Verdict.Unknown("the health check driver did not return within 60 s"), verdicts[1]);
        Assert.Equal([Verdict.Passed, Verdict.Passed], new[] { verdicts[0], verdicts[2] });
    }

    [Fact]
    public async Task A_check_that_nobody_waits_for_any_longer_is_told_so()
    {
        CancellationToken told = default;
        Task<IReadOnlyList<Verdict?>> check = new HealthChecks(_time, _metrics).CheckAsync(new FakeCheck(async (_, token) =>
        {
            told = token;
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return Verdict.Passed;
        }), Machines(1), Ct).AsTask();
        Assert.False(told.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(60));
        await check;

        Assert.True(told.IsCancellationRequested);
    }

    [Fact]
    public async Task A_driver_that_throws_is_our_own_fault()
    {
        var driver = new FakeCheck(vm => vm.Id == "vm0" ? throw new InvalidOperationException("bug") : Fate.Bad);
        IReadOnlyList<Verdict?> verdicts = await new HealthChecks(_time, _metrics).CheckAsync(driver, Machines(2), Ct);

        Assert.Equal(new Verdict.Unknown("the health check driver failed with InvalidOperationException: bug"), verdicts[0]);
        Assert.Equal(Fate.Bad, verdicts[1]);
    }

    [Fact]
    public async Task A_process_that_stops_waits_for_no_check()
    {
        using var stopping = new CancellationTokenSource();
        ValueTask<IReadOnlyList<Verdict?>> check = new HealthChecks(_time, _metrics).CheckAsync(new FakeCheck(async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return Verdict.Passed;
        }), Machines(3), stopping.Token);
        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check.AsTask());
    }
}
