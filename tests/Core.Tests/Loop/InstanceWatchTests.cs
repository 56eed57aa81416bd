using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Core;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>What an instance knows of all its presets (G8, G10).</summary>
public sealed class InstanceWatchTests
{
    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly SteadyClock _clock;
    readonly InstanceWatch _watch;

    public InstanceWatchTests()
    {
        _clock = new SteadyClock(_time);
        _watch = new InstanceWatch(_clock);
    }

    /// <summary>A group with ill machines, ready to be looked at once more.</summary>
    static Group Ill(string name, int ill, int count = 10, bool neverEnds = false)
    {
        Group group = Given.Healthy(count, preset => preset with
        {
            Name = name,
            Limits = preset.Limits with { ReplacePace = 1, MaxUnhealthy = 0.9 },
            Health = preset.Health with { TerminateAfter = neverEnds ? null : TimeSpan.Zero },
        });
        for (int i = 0; i < ill; i++) group[i].Fails();
        group.Look(6);
        return group;
    }

    Plan Limit(Group group, Settings? settings = null)
    {
        group.Now = _clock.Now + TimeSpan.FromDays(1);
        Observation seen = group.See() with { SinceLastLook = Given.Interval };
        Plan plan = _watch.Limit(Planner.Decide(group.Preset, seen, group.History, group.Now), group.Preset, seen, group.History, settings ?? Stage.Settings);
        group.History = plan.Next;
        return plan;
    }

    [Fact]
    public void Presets_limited_one_after_another_share_the_budget_of_ten_minutes()
    {
        Assert.Equal(4, Limit(Ill("a", 4, 20)).Ends().Length);
        Assert.Single(Limit(Ill("b", 4, 20)).Ends());
        Assert.Empty(Limit(Ill("c", 4, 20)).Ends());

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Empty(Limit(Ill("d", 4, 20)).Ends());
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(4, Limit(Ill("e", 4, 20)).Ends().Length);
    }

    [Fact]
    public void A_look_without_consequences_uses_no_budget()
    {
        Group group = Ill("a", 4, 20);
        Observation seen = group.See() with { SinceLastLook = Given.Interval };
        Plan plan = Planner.Decide(group.Preset, seen, group.History, group.Now);
        for (int i = 0; i < 5; i++) Assert.Equal(4, _watch.Preview(plan, group.Preset, seen, group.History, Stage.Settings).Ends().Length);
    }

    [Fact]
    public void Failures_in_three_presets_within_a_minute_make_the_instance_suspect_itself()
    {
        Limit(Ill("a", 4, neverEnds: true));
        Limit(Ill("b", 4, neverEnds: true));
        Group third = Ill("c", 1);

        Assert.NotNull(Limit(third).HeldBy("self-suspicion")); // 9 of 30
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(Limit(third).HeldBy("self-suspicion"));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(Limit(third).HeldBy("self-suspicion"));
    }

    [Fact]
    public void A_preset_that_mass_failure_holds_does_not_hold_the_others()
    {
        Group sick = Ill("a", 20, 20);
        Limit(sick);
        Limit(sick);
        Limit(Ill("b", 0));
        Limit(Ill("c", 0));

        Assert.Single(Limit(Ill("d", 1)).Ends());
    }

    [Fact]
    public void A_preset_that_people_work_on_does_not_hold_the_others()
    {
        Group paused = Ill("a", 20, 20);
        paused.History = paused.History with { Paused = new Paused(paused.Now, "anna", null) };
        Limit(paused);
        Limit(Ill("b", 0));
        Limit(Ill("c", 0));

        Assert.Single(Limit(Ill("d", 1)).Ends());
    }

    [Fact]
    public void Failures_during_start_up_and_machines_of_others_do_not_make_it_suspect_itself()
    {
        foreach (string name in new[] { "a", "b" })
        {
            Group booting = new(Given.Preset(20, name));
            for (int i = 0; i < 20; i++) booting.Add().Fails();
            booting.Now = _clock.Now + TimeSpan.FromDays(1);
            Limit(booting);
            Group foreign = Ill($"foreign-{name}", 0);
            foreign.All(machine =>
            {
                machine.Metadata["vmshepherd_installation"] = "other";
                machine.Fails();
            });
            Limit(foreign);
        }

        Limit(Ill("c", 0));
        Assert.Single(Limit(Ill("d", 1)).Ends());
    }

    [Fact]
    public void A_forgotten_preset_counts_no_more()
    {
        Limit(Ill("a", 10, neverEnds: true));
        Limit(Ill("b", 10, neverEnds: true));
        _watch.Forget("a");

        Assert.Single(Limit(Ill("c", 1)).Ends());
    }
}
