using VmShepherd.Drivers.Iaas.Dummy;
using Xunit;

namespace Core.Tests.Simulation;

/// <summary>
/// Not by chance but one after another: the same short story again and again, and each time the process dies at another of its awaits, before its call is sent or
/// after its effect. Whatever is left, the next process makes exactly what is wanted of it (I9), and takes over in time (L3).
/// </summary>
public sealed class CrashAtEveryAwaitTests(ITestOutputHelper output)
{
    static readonly TimeSpan Trouble = TimeSpan.FromSeconds(60), Longest = TimeSpan.FromMinutes(4);

    /// <summary>A scenario is drawn from it, without its faults.</summary>
    const int Seed = 3;

    [Fact]
    public void A_crash_at_any_await_leaks_nothing_and_doubles_nothing_when_the_store_survives() => EveryAwait(StoreMode.Survives);

    [Fact]
    public void A_crash_at_any_await_leaks_nothing_and_doubles_nothing_when_the_store_is_lost() => EveryAwait(StoreMode.Lost);

    void EveryAwait(StoreMode mode)
    {
        var tally = new Tally();
        int points = Tell(mode, tally, crashAt: -1);
        Assert.True(points > 200, $"only {points} points at which to crash");
        for (int point = 0; point < points; point++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Tell(mode, tally, point);
        }

        output.WriteLine($"{points} points");
        output.WriteLine(tally.ToString());
        Hop[] all = [Hop.Claim, Hop.Save, Hop.Complete, Hop.Scope, Hop.List, Hop.Find, Hop.Create, Hop.Terminate];
        if (mode == StoreMode.Survives) Assert.NotEqual(0, tally["takeover in good weather"]);
        Assert.Empty(tally.Missing(all.SelectMany(hop => new[] { $"crash before {hop}", $"crash after {hop}" })));
    }

    /// <summary>A group comes to be, machines die, fall silent and vanish; the count of points is that of the story without a crash.</summary>
    static int Tell(StoreMode mode, Tally tally, int crashAt)
    {
        using var world = new World(new Scenario(Seed, mode), tally, crashAt);
        int points = 0;
        Simulation.Play(world, async () =>
        {
            for (int slot = 0; slot < world.Slots; slot++) world.Start(slot);
            await Task.Delay(Trouble, world.Time);
            foreach (var preset in world.Scenario.Presets)
            {
                Machine[] machines = [.. world.Truth.Ours(preset.Name)];
                if (machines.Length > 0) world.Cloud.Die(machines[0].Id);
                if (machines.Length > 1) world.Cloud.Hang(machines[1].Id);
                if (machines.Length > 2) await world.Cloud.TerminateAsync(new(machines[2].Id, preset.Name, World.ByHand), CancellationToken.None);
            }

            await Task.Delay(Longest, world.Time);
            points = world.Faults.Points;
            await new Storm(world, jumps: false).HealAsync();
            await Simulation.SettleAsync(world);
        });
        return points;
    }
}
