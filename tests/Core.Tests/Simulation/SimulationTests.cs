using System.Globalization;
using Xunit;

namespace Core.Tests.Simulation;

/// <summary>
/// Storms from seeds against planner, brakes, executor, in-memory store and simulated cloud, on virtual time. <c>VMSHEPHERD_SEED</c> replays one seed,
/// <c>VMSHEPHERD_SEEDS</c> says how many to try.
/// </summary>
public abstract class SimulationTests(ITestOutputHelper output)
{
    const int Seeds = 1200;

    /// <summary>Each so many a seed is run again without jumps of the wall clock: the same must come of it (I11).</summary>
    const int JumpsComparedEvery = 10;

    private protected void Storms(StoreMode mode)
    {
        var tally = new Tally();
        if (Number("VMSHEPHERD_SEED") is { } one)
        {
            Run(one, mode, tally);
            return;
        }

        int seeds = Number("VMSHEPHERD_SEEDS") ?? Seeds;
        for (int seed = 1; seed <= seeds; seed++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Run(seed, mode, tally);
        }

        output.WriteLine(tally.ToString());
        if (seeds >= Seeds) Assert.Empty(tally.Missing(Expected.Of(mode)));
    }

    static void Run(int seed, StoreMode mode, Tally tally)
    {
        IReadOnlyList<string> ledger = Simulation.Run(seed, mode, tally);
        if (seed % JumpsComparedEvery != 0) return;
        IReadOnlyList<string> steady = Simulation.Run(seed, mode, new Tally(), jumps: false);
        int same = ledger.Zip(steady).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(same == ledger.Count && same == steady.Count,
            $"I11 wall-clock jumps change no decision: seed {seed}, store {mode}: {ledger.ElementAtOrDefault(same)} with jumps, {steady.ElementAtOrDefault(same)} without");
        tally.Add("compared with and without jumps");
    }

    static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;
}

public sealed class SimulationWithAStoreThatSurvives(ITestOutputHelper output) : SimulationTests(output)
{
    [Fact]
    public void Through_every_storm_no_promise_is_broken_and_after_it_there_are_exactly_as_many_as_wanted() => Storms(StoreMode.Survives);
}

public sealed class SimulationWithAStoreThatIsLost(ITestOutputHelper output) : SimulationTests(output)
{
    [Fact]
    public void Through_every_storm_no_promise_is_broken_and_after_it_there_are_exactly_as_many_as_wanted() => Storms(StoreMode.Lost);
}
