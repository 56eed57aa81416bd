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

    /// <summary>A broken promise is mostly broken by many seeds; these show whether it is one bug or several.</summary>
    const int EnoughFailures = 10;

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
        List<Exception> failures = [];
        for (int seed = 1; seed <= seeds && failures.Count < EnoughFailures; seed++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            try
            {
                Run(seed, mode, tally);
            }
            catch (SimulationFailure failure)
            {
                failures.Add(failure);
            }
        }

        output.WriteLine(tally.ToString());
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures.Select(failure => failure.Message.Split('\r', '\n')[0..2]).SelectMany(lines => lines).Append(failures.FirstOrDefault()?.Message)));
        if (seeds >= Seeds) Assert.Empty(tally.Missing(Expected.Of(mode)));
    }

    static void Run(int seed, StoreMode mode, Tally tally)
    {
        IReadOnlyList<string> ledger = Simulation.Run(seed, mode, tally);
        if (seed % JumpsComparedEvery != 0) return;
        IReadOnlyList<string> steady = Simulation.Run(seed, mode, new Tally(), jumps: false);
        int same = ledger.Zip(steady).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same < ledger.Count || same < steady.Count)
        {
            throw new SimulationFailure($"I11 wall-clock jumps change no decision: {ledger.ElementAtOrDefault(same)} with jumps, {steady.ElementAtOrDefault(same)} without"
                + $"{Environment.NewLine}seed {seed}, store {mode}. Again: VMSHEPHERD_SEED={seed}");
        }

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
