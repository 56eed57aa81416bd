using VmShepherd.Core.Configuration;
using VmShepherd.Core.Status;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

/// <summary>One seed: a storm, then exactly as many healthy machines as wanted, then rest.</summary>
static class Simulation
{
    /// <summary>The longest wait that a storm can leave behind is that of a crash loop, half an hour; then everything has to be ended, made and checked one by one.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromHours(4), PersonsPatience = TimeSpan.FromHours(1), LastWays = TimeSpan.FromMinutes(4), Rest = TimeSpan.FromMinutes(15), Poll = TimeSpan.FromSeconds(10);

    /// <summary>What had an effect in the cloud, one line each.</summary>
    /// <exception cref="SimulationFailure">A promise was broken.</exception>
    public static IReadOnlyList<string> Run(int seed, StoreMode mode, Tally tally, bool jumps = true)
    {
        using var world = new World(new Scenario(seed, mode), tally);
        var storm = new Storm(world, jumps);
        Play(world, async () =>
        {
            for (int slot = 0; slot < world.Slots; slot++) world.Start(slot);
            await storm.RageAsync();
            await storm.HealAsync();
            await SettleAsync(world);
        });
        return world.Ledger;
    }

    public static void Play(World world, Func<Task> story)
    {
        try
        {
            Pump.Run(world.Time, story, () => world.Oracle.Violation is not null);
        }
        catch (Exception e) when (e is not SimulationFailure)
        {
            throw new SimulationFailure(world, e.ToString());
        }

        if (world.Oracle.Violation is { } violation) throw new SimulationFailure(world, violation);
    }

    /// <summary>L1 and I9, then L2.</summary>
    public static async Task SettleAsync(World world)
    {
        TimeSpan healed = world.Time.Elapsed, patience = PatienceWith(world.Scenario);

        // What was asked for in the storm is on its way, or waits for the next look: a look that begins after this has seen it all.
        await Task.Delay(LastWays, world.Time);
        world.ForgetReports();
        while (Unsettled(world) is { } trouble)
        {
            if (world.Time.Elapsed - healed > patience) throw new SimulationFailure(world, $"L1 exactly as many as wanted: {trouble}, {patience} after the storm");
            await Task.Delay(Poll, world.Time);
            if (world.Time.Elapsed - healed > PersonsPatience) HelpOut(world);
        }

        world.Tally.Add("minutes to settle", (long)(world.Time.Elapsed - healed).TotalMinutes);
        world.Say("--- settled");
        TimeSpan settled = world.Time.Elapsed;
        await Task.Delay(Rest, world.Time);
        foreach (Preset preset in Kept(world))
        {
            if (world.Oracle.LastEffect(preset.Name) > settled)
                throw new SimulationFailure(world, $"L2 at rest: something was done to {preset.Name} at {world.Oracle.LastEffect(preset.Name)}, though all was well since {settled}");
            bool exact = world.Truth.Existing(preset.Name).Count == preset.Count;
            if (exact && world.Reports[preset.Name].Outcome != CycleOutcome.AtRest)
                throw new SimulationFailure(world, $"L2 at rest: {preset.Name} is {world.Reports[preset.Name].Outcome}");
        }
    }

    /// <summary>
    /// Self-suspicion (G8) lets no probe go: where three machines of ten really are ill, in every group a tolerable share, it holds until a person has some of them ended.
    /// So does mass failure (G7) in practice where a group is larger than wanted: nobody comes to succeed a probe, so each waits twice as long as the one before.
    /// </summary>
    static void HelpOut(World world)
    {
        CycleReport? held = world.Reports.Values.OrderBy(report => report.Preset, StringComparer.Ordinal).FirstOrDefault(NeedsAPerson);
        Machine? ill = held is null ? null : world.Truth.Ours(held.Preset).FirstOrDefault(machine => machine.Behaviour == GuestBehaviour.Hung && !world.Oracle.Requested.Contains(machine.Id));
        if (ill is null) return;
        world.Tally.Add("a person helps out of a hold");
        world.AskForEnd(ill);
    }

    static bool NeedsAPerson(CycleReport report) =>
        report.Held.Any(hold => hold.Brake == "self-suspicion" || (hold.Brake == "mass-failure" && report.Present > report.Desired));

    /// <summary>Where the installation may end only so many in ten minutes (G10), it takes its time to end them all.</summary>
    static TimeSpan PatienceWith(Scenario scenario) =>
        scenario.Settings.EndBudget is { } budget ? Patience + (TimeSpan.FromMinutes(10) / budget * scenario.Presets.Sum(preset => preset.Count)) : Patience;

    static IEnumerable<Preset> Kept(World world) => world.Presets.Values.Where(preset => !world.IsPoisoned(preset.Name));

    static string? Unsettled(World world)
    {
        foreach (Preset preset in Kept(world))
        {
            Machine[] machines = [.. world.Truth.Ours(preset.Name)];
            int well = machines.Count(machine => machine.IsGood && machine.Behaviour == GuestBehaviour.Good && world.Time.Elapsed >= world.Truth.WarmBy(machine));
            if (well != machines.Length) return $"{preset.Name}: {machines.Length - well} of {machines.Length} machines are not well";
            if (world.Oracle.InFlight(preset.Name) > 0) return $"{preset.Name}: a create is on its way";
            int surplus = well - preset.Count;
            if (surplus < 0 || (surplus > 0 && (preset.ScaleIn != ScaleIn.None || surplus > machines.Count(Truth.IsSurprise)))) return $"{preset.Name}: {well} machines, {preset.Count} wanted";
            if (!world.Reports.TryGetValue(preset.Name, out CycleReport? report)) return $"{preset.Name}: nobody looks at it";
            if (surplus == 0 && world.Truth.Existing(preset.Name).Count == preset.Count && report.Outcome != CycleOutcome.AtRest) return $"{preset.Name}: {report.Outcome}";
        }

        return null;
    }
}

/// <summary>What was broken, when, and by which seed: everything needed to see it again.</summary>
sealed class SimulationFailure(string message) : Exception(message)
{
    public SimulationFailure(World world, string broken) : this(Text(world, broken))
    {
    }

    static string Text(World world, string broken) => $"""
        {broken}
        seed {world.Scenario.Seed}, store {world.Scenario.Mode}, at {world.Time.Elapsed:c}. Again: VMSHEPHERD_SEED={world.Scenario.Seed}

        {string.Join(Environment.NewLine, world.Scenario.Presets.Select(preset => $"{preset.Name}: count {preset.Count}, scale_in {preset.ScaleIn}, interval {preset.ManageInterval}, lease {preset.ManageExpire}, {preset.Health}, {preset.Limits}, check {preset.Healthcheck is not null}"))}
        grace {world.Scenario.VisibilityGrace}, staleness {world.Scenario.Staleness}, boot {world.Scenario.BootTime}, warm-up {world.Scenario.WarmUp}, worker interval {world.Scenario.WorkerInterval}

        {string.Join(Environment.NewLine, world.Lines)}
        """;
}
