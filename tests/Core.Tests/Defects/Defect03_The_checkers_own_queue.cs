using Core.Tests.Loop;
using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, checks timed out because of the checker's own queue: of 3,000 healthy machines 2,723 were ended.</summary>
public sealed class Defect03_The_checkers_own_queue
{
    [Fact]
    public async Task Three_thousand_healthy_machines_that_take_most_of_their_time_all_pass()
    {
        var time = new FakeTimeProvider(Given.Noon);
        using var metrics = new Metrics();
        int inFlight = 0, done = 0;
        var driver = new FakeCheck(async (_, token) =>
        {
            // A machine that answers after 0.9 s to a check that allows 1 s, counted from when the check starts.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
            Task answer = Task.Delay(TimeSpan.FromSeconds(0.9), time, token);
            Interlocked.Increment(ref inFlight);
            await answer;
            Interlocked.Increment(ref done);
            Interlocked.Decrement(ref inFlight);
            return limit.IsCancellationRequested ? Fate.Bad : Verdict.Passed;
        });
        Vm[] machines = [.. Enumerable.Range(0, 3000).Select(i => new Vm($"vm{i}", "web", VmState.Running, null))];
        Task<IReadOnlyList<Verdict?>> all = new HealthChecks(time, metrics).CheckAsync(driver, machines, TestContext.Current.CancellationToken).AsTask();
        while (!all.IsCompleted)
        {
            Assert.InRange(Volatile.Read(ref inFlight), 0, 512);

            // All that can be in flight is: only then the clock goes on.
            if (Volatile.Read(ref inFlight) == Math.Min(512, 3000 - Volatile.Read(ref done))) time.Advance(TimeSpan.FromSeconds(0.9));
            await Task.Yield();
        }

        Assert.All(await all, verdict => Assert.Equal(Verdict.Passed, verdict));
    }
}
