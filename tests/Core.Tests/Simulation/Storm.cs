using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

/// <summary>Bad weather: one mischief after another, for as long as the scenario says. What it starts, <see cref="HealAsync"/> ends.</summary>
sealed partial class Storm(World world, bool jumps)
{
    readonly Random _random = new(world.Scenario.Seed ^ 0x570);

    // Of its own, so that a run without jumps draws the same of everything else (I11).
    readonly Random _jumps = new(world.Scenario.Seed ^ 0xC10C);

    /// <summary>Of its own for the same reason: storms of other stores stay as they are.</summary>
    readonly Random _server = new(world.Scenario.Seed ^ 0x5E4E);
    bool _failingOver;

    public static readonly byte[] Rubbish = "{ not a history"u8.ToArray();

    readonly double _total = world.Scenario.Weights.Sum();

    public async Task RageAsync()
    {
        world.Faults.Stormy = true;
        TimeSpan end = world.Time.Elapsed + world.Scenario.Storm;
        while (world.Time.Elapsed < end)
        {
            await Task.Delay(TimeSpan.FromSeconds(0.2 - (8 * Math.Log(1 - _random.NextDouble()))), world.Time);
            if (_total > 0) Do(Draw());
            Jump();
            if (world.Scenario.HasServer) Disturb();
            if (world.Scenario.HasPoison && _random.Next(20) == 0) await PoisonAsync();
        }
    }

    public async Task HealAsync()
    {
        world.Say("--- the storm is over");
        world.Faults.Calm();
        world.Cloud.Quota = int.MaxValue;
        world.Cloud.BootTime = world.Scenario.BootTime;
        foreach (Preset preset in world.Scenario.Presets)
        {
            if (!world.Presets.ContainsKey(preset.Name)) world.Change(preset);

            // Nobody but their owner can tell that these are ill.
            if (preset.Healthcheck is not null && preset.Health.TerminateAfter is not null) continue;
            foreach (Machine machine in world.Truth.Ours(preset.Name).Where(machine => machine.Behaviour == GuestBehaviour.Hung).ToList()) world.Cloud.Heal(machine.Id);
        }

        foreach (Machine machine in world.Scenario.Presets.SelectMany(preset => world.Truth.Existing(preset.Name))) machine.ObscureUntil = TimeSpan.Zero;
        await Task.CompletedTask;
    }

    Mischief Draw()
    {
        double at = _random.NextDouble() * _total;
        double[] weights = world.Scenario.Weights;
        int i = 0;
        while (i < weights.Length - 1 && (at -= weights[i]) >= 0) i++;
        return (Mischief)i;
    }

    void Jump()
    {
        if (!jumps || _jumps.Next(6) > 0) return;
        TimeSpan by = _jumps.Next(2) == 0 ? TimeSpan.FromHours(1) : TimeSpan.FromDays(3653);
        world.JumpWall(_jumps.Next(world.Slots), _jumps.Next(2) == 0 ? by : -by);
        world.Tally.Add("wall clock jumps");
    }

    void Disturb()
    {
        int what = _server.Next(30);
        if (what is 0 or 1) world.SetStoreClock(what == 0 ? TimeSpan.FromHours(1) : TimeSpan.FromHours(-1));
        if (what == 2 && !_failingOver) _ = FailOverAsync(TimeSpan.FromSeconds(_server.NextDouble() * 30));
    }

    async Task FailOverAsync(TimeSpan lag)
    {
        _failingOver = true;
        await world.FailOverAsync(lag);
        _failingOver = false;
    }

    /// <summary>Somebody edits the store by hand, and badly.</summary>
    async Task PoisonAsync()
    {
        int generation = world.Generation;
        IReadOnlyList<PresetLease> leases = await world.Store.ClaimAsync(new ClaimRequest("rubbish", [World.PoisonedPreset], 1, TimeSpan.FromSeconds(15)), CancellationToken.None);
        if (leases.Count == 0) return;
        await world.Store.CompleteAsync(leases[0], Rubbish, TimeSpan.Zero, CancellationToken.None);
        world.PoisonedGeneration = generation;
        world.Tally.Add("stored state is rubbish");
    }

    TimeSpan Seconds(double least, double most) => TimeSpan.FromSeconds(least + (_random.NextDouble() * (most - least)));

    Preset? AnyPreset() => world.Presets.Count == 0 ? null : world.Presets.Values.OrderBy(preset => preset.Name, StringComparer.Ordinal).ElementAt(_random.Next(world.Presets.Count));

    Machine? AnyMachine(Func<Machine, bool> fits)
    {
        Machine[] machines = [.. world.Scenario.Presets.SelectMany(preset => world.Truth.Ours(preset.Name)).Where(fits)];
        return machines.Length == 0 ? null : machines[_random.Next(machines.Length)];
    }
}
