using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G1: creates &lt;= count - present - open intents.</summary>
public sealed class G01CeilingTests
{
    [Fact]
    public void What_is_missing_is_created_and_no_more()
    {
        Group web = Given.Healthy(3, preset => preset with { Count = 5 });

        Assert.Equal(2, web.Look().Creates());
        Assert.Equal("3 of 5 present", Assert.Single(web.Plan.Steps).Reason);
    }

    [Fact]
    public void An_open_intent_occupies_a_slot()
    {
        Group web = Given.Healthy(3, preset => preset with { Count = 5 });
        web.History = web.History with { Intents = [new Intent("i1", web.Now)] };

        Assert.Equal(1, web.Look().Creates());
        Assert.Equal("3 of 5 present, 1 being created", web.Plan.Steps[0].Reason);
    }

    [Fact]
    public void More_machines_and_intents_than_wanted_create_nothing()
    {
        Group web = Given.Healthy(5);
        web.History = web.History with { Intents = [new Intent("i1", web.Now), new Intent("i2", web.Now)] };

        Assert.Empty(web.Look().Steps);
    }

    [Theory]
    [InlineData(VmState.Pending), InlineData(VmState.Running), InlineData(VmState.Unknown)]
    public void Pending_running_and_unknown_machines_are_present(VmState state)
    {
        Group web = Given.Healthy(5);
        web[0].State = state;

        Assert.Empty(web.Look().Steps);
        Assert.Equal(5, web.Plan.Present);
    }

    [Fact]
    public void An_unhealthy_machine_holds_its_place()
    {
        Group web = Given.Healthy(5);
        web[0].Fails();

        web.Look(7);
        Assert.Equal(["vm1"], web.Plan.Ends());
        Assert.Equal(0, web.Plan.Creates());
    }

    [Fact]
    public void The_successor_of_a_machine_that_is_near_its_shutdown_starts_early_and_the_machine_is_left_alone()
    {
        Group web = Given.Healthy(5);
        web[0].State = VmState.NearbyShutdown;

        Assert.Equal(1, web.Look().Creates());
        Assert.Empty(web.Plan.Ends());
    }

    [Theory]
    [InlineData(VmState.Terminated), InlineData(VmState.Error), InlineData(VmState.AfterTimeShutdown)]
    public void A_dead_machine_is_ended_and_replaced_in_the_same_cycle(VmState state)
    {
        Group web = Given.Healthy(5);
        web[0].State = state;

        Assert.Equal(1, web.Look().Creates());
        Assert.Equal(["vm1"], web.Plan.Ends(Cause.Dead));
    }

    [Fact]
    public void A_machine_whose_end_was_announced_but_not_accepted_holds_its_place()
    {
        Group web = Given.Healthy(5);
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        web.Grace = TimeSpan.FromMinutes(1);
        web.Announce(web.Look().Steps);

        Assert.Equal(0, web.Look().Creates());
        Assert.Equal(5, web.Plan.Present);
    }

    [Fact]
    public void A_machine_whose_end_was_accepted_does_not_count_whatever_the_list_still_shows()
    {
        Group web = Given.Healthy(5);
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        Plan plan = web.Look();
        web.Announce(plan.Steps);
        web.History = Effects.Ended(web.History, (Step.Terminate)plan.Steps[0], web.Now);

        Assert.Equal(1, web.Look().Creates());
        Assert.Equal(Standing.Leaving, web.Plan.Of("vm1").Standing);
        Assert.Empty(web.Plan.Ends());
    }

    [Fact]
    public void An_accepted_end_that_has_not_happened_after_five_minutes_is_asked_for_again()
    {
        Group web = Given.Healthy(1);
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        Plan plan = web.Look();
        web.Announce(plan.Steps);
        web.History = Effects.Ended(web.History, (Step.Terminate)plan.Steps[0], web.Now);

        Assert.Empty(web.Look(TimeSpan.FromMinutes(5)).Ends());
        Assert.Equal(["vm1"], web.Look(TimeSpan.FromTicks(1)).Ends());
    }

    [Fact]
    public void The_shortcut_of_a_group_at_rest_gives_the_same_plan_again()
    {
        Group web = Given.Healthy(5);

        Plan rest = web.Look();
        Assert.Same(rest, web.Look());
        Assert.Empty(rest.Steps);
        Assert.Equal(5, rest.Present);
    }
}
