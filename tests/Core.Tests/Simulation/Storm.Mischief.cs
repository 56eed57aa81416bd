using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

/// <summary>What each mischief does.</summary>
sealed partial class Storm
{
    void Do(Mischief mischief)
    {
        bool done = mischief switch
        {
            Mischief.Die => One(machine => machine.IsGood, machine => world.Cloud.Die(machine.Id)),
            Mischief.Error => One(machine => machine.IsGood, machine => world.Cloud.Fail(machine.Id)),
            Mischief.Hang => One(machine => machine.IsGood, machine => world.Cloud.Hang(machine.Id)),
            Mischief.Revive => One(machine => machine.Behaviour is GuestBehaviour.Dead or GuestBehaviour.Error, machine => world.Cloud.Heal(machine.Id)),
            Mischief.MassDeath => Many(0.6, machine => world.Cloud.Die(machine.Id)),
            Mischief.MassIllness => Many(0.8, machine => world.Cloud.Hang(machine.Id)),
            Mischief.DeletedByHand => _random.Next(4) == 0 ? Many(0.6, DeleteByHand) : One(_ => true, DeleteByHand),
            Mischief.TimedShutdown => One(machine => machine.IsGood, machine => machine.ShutdownAt = world.Time.Elapsed + Seconds(5, 90)),
            Mischief.Obscure => One(_ => true, Obscure),
            Mischief.Requested => One(_ => true, world.AskForEnd),
            Mischief.Foreign => Stranger(Owner.Foreign),
            Mischief.Adopted => Stranger(Owner.Adopted),
            Mischief.Kill => Instance(instance => world.Kill(instance, "by signal")),
            Mischief.Stop => Instance(instance => _ = StopAsync(instance)),
            Mischief.Release => Release(),
            Mischief.Count => Count(),
            Mischief.Lies => Slander(),
            _ => Trouble(mischief),
        };
        if (!done) return;
        world.Tally.Add($"mischief: {mischief}");
        world.Say($"   mischief: {mischief}");
    }

    bool One(Func<Machine, bool> fits, Action<Machine> deed)
    {
        if (AnyMachine(fits) is not { } machine) return false;
        deed(machine);
        return true;
    }

    bool Many(double share, Action<Machine> deed)
    {
        if (AnyPreset() is not { } preset) return false;
        List<Machine> victims = [.. world.Truth.Ours(preset.Name).Where(machine => machine.IsGood && _random.NextDouble() < share)];
        victims.ForEach(deed);
        return victims.Count > 0;
    }

    void DeleteByHand(Machine machine) => _ = world.Cloud.TerminateAsync(new VmTermination(machine.Id, machine.Preset, World.ByHand), CancellationToken.None);

    void Obscure(Machine machine)
    {
        (machine.ObscureSince, machine.ObscureState) = (world.Time.Elapsed, _random.Next(2) == 0);
        machine.ObscureUntil = world.Time.Elapsed + Seconds(10, 120);
    }

    bool Stranger(Owner owner)
    {
        if (AnyPreset() is not { } preset || world.Truth.Existing(preset.Name).Count(machine => machine.Owner == owner) >= 2) return false;
        world.Truth.NextOwner = owner;
        world.Cloud.AddForeign(preset.Name, owner == Owner.Foreign ? new Dictionary<string, string> { [VmMetadata.Installation] = "other" } : null);
        return true;
    }

    bool Instance(Action<Instance> deed)
    {
        if (world.InSlot(_random.Next(world.Slots)) is not { } instance) return false;
        deed(instance);
        return true;
    }

    async Task StopAsync(Instance instance)
    {
        await instance.StopAsync();
        if (!instance.IsAlive) return;
        world.Say($"{instance.Id} has stopped");
        world.Bury(instance);
    }

    bool Release()
    {
        if (world.Presets.Count < 2 || AnyPreset() is not { } preset) return false;
        world.Release(preset.Name);
        _ = ReturnAsync(preset, Seconds(30, 300));
        return true;
    }

    async Task ReturnAsync(Preset preset, TimeSpan after)
    {
        await Task.Delay(after, world.Time);
        if (world.Presets.ContainsKey(preset.Name)) return;
        world.Tally.Add("guard: source");
        world.Change(preset);
    }

    bool Count()
    {
        if (AnyPreset() is not { ScaleIn: not ScaleIn.None } preset) return false;
        world.Change(preset with { Count = Math.Max(0, preset.Count + _random.Next(-3, 4)) });
        return true;
    }

    /// <summary>A third or so of each preset, or most of one: the same machines for the whole time, as a broken probe would have it.</summary>
    bool Slander()
    {
        double share = _random.Next(2) == 0 ? 0.36 : 0.8;
        foreach (Preset preset in share < 0.5 ? world.Presets.Values : [AnyPreset()!])
        {
            Machine[] machines = [.. world.Truth.Ours(preset.Name)];
            foreach (Machine machine in machines.Take((int)(machines.Length * share))) world.Faults.Slandered.Add(machine.Id);
        }

        world.Faults.Last(Mischief.Lies, Seconds(30, 400));
        return world.Faults.Slandered.Count > 0;
    }

    bool Trouble(Mischief trouble)
    {
        switch (trouble)
        {
            case Mischief.WrongScope when world.Alive.Any() && world.Scenario.Presets.All(preset => world.Alive.First().Remembers(preset.Name)?.Scope is not null):
                world.Faults.WrongScopeSince = world.Time.Elapsed;
                break;
            case Mischief.WrongScope:
                return false; // who has never been home can't tell
            case Mischief.CutOff:
                world.Faults.CutOff = (_random.Next(world.Slots), _random.Next(3) == 0);
                break;
            case Mischief.Quota:
                world.Cloud.Quota = Math.Max(1, world.Cloud.Count - _random.Next(2));
                break;
            case Mischief.StuckBuilds:
                world.Cloud.BootTime = TimeSpan.FromHours(1);
                break;
        }

        TimeSpan howLong = Seconds(10, trouble is Mischief.CutOff or Mischief.BadImage or Mischief.StuckBuilds ? 400 : 90);
        world.Faults.Last(trouble, howLong);
        _ = RelentAsync(trouble, howLong);
        return true;
    }

    async Task RelentAsync(Mischief trouble, TimeSpan after)
    {
        await Task.Delay(after, world.Time);
        if (trouble == Mischief.Quota) world.Cloud.Quota = int.MaxValue;
        if (trouble == Mischief.StuckBuilds) world.Cloud.BootTime = world.Scenario.BootTime;
    }
}
