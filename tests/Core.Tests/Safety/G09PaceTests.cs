using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G9: machines ended and not yet succeeded by one that passed are at most max(1, 10 %).</summary>
public sealed class G09PaceTests
{
    static Group Ill(int ill, int count)
    {
        Group web = Given.Healthy(count);
        for (int i = 0; i < ill; i++) web[i].Fails();
        web.Look(6);
        return web;
    }

    [Theory]
    [InlineData(3, 9, 1), InlineData(3, 19, 1), InlineData(3, 20, 2), InlineData(4, 30, 3)]
    public void Ten_percent_rounded_down_and_at_least_one_go_at_a_time(int ill, int count, int go) =>
        Assert.Equal(go, Ill(ill, count).Look().Ends().Length);

    [Fact]
    public void The_next_one_waits_until_the_successor_has_passed()
    {
        Group web = Ill(2, 10);
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        Assert.Single(web.Cycle().Ends());
        web.Cycle(10);
        Assert.Empty(web.Plan.Ends());
        Assert.NotNull(web.Plan.HeldBy("pace"));

        web[^1].Passes();
        Assert.Single(web.Cycle().Ends());
    }

    [Fact]
    public void Without_a_check_a_successor_that_runs_has_passed()
    {
        Group web = Given.Healthy(4, preset => preset with { Healthcheck = null, Count = 2, ScaleIn = ScaleIn.Oldest });

        Assert.Single(web.Cycle().Ends());
        Assert.Single(web.Cycle().Ends());
        Assert.Empty(web.Cycle().Ends());
    }

    [Fact]
    public void A_machine_that_is_to_be_ended_for_scale_in_waits_for_those_before_it_to_be_gone()
    {
        Group web = Given.Healthy(5, preset => preset with { Count = 2, ScaleIn = ScaleIn.Oldest });
        Plan plan = web.Look();
        web.Announce(plan.Steps);
        web.History = Effects.Ended(web.History, (Step.Terminate)plan.Steps[0], web.Now);

        Assert.Empty(web.Look().Ends()); // accepted, and still listed
        web.Remove(web[0]);
        Assert.Single(web.Look().Ends());
    }

    [Fact]
    public void A_successor_that_never_passes_is_replaced_without_a_second_debt()
    {
        Group web = Ill(1, 10);
        web.OnCreated = machine => machine.Fails();
        web.Cycle(60);

        Assert.Equal(10, web.Machines.Count);
        Assert.Single(web.History.Debts);
        Assert.Equal("vm1", web.History.Debts[0].Vm);
        Assert.DoesNotContain(web.Machines, machine => machine.Id is "vm1" or "vm11");
    }

    [Fact]
    public void A_successor_that_dies_is_replaced_by_another_that_pays_the_debt()
    {
        Group web = Ill(1, 10);
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle(3);
        web[^1].Dies();
        web.OnCreated = _ => { };
        web.Cycle(3);
        web.Cycle(TimeSpan.FromMinutes(1));
        web.Cycle(2);

        Assert.Empty(web.History.Debts);
    }

    [Fact]
    public void A_machine_that_lives_and_passes_after_all_owes_nothing()
    {
        Group web = Ill(1, 10);
        web.Announce(web.Look().Steps); // and the answer is lost
        Assert.Single(web.History.Debts);
        web[0].Passes();

        web.Look();
        Assert.Empty(web.History.Debts);
        Assert.All(web.History.Machines, machine => Assert.Null(machine.Ending));
    }

    [Fact]
    public void An_end_that_was_not_sent_owes_nothing()
    {
        Group web = Ill(1, 10);
        Plan plan = web.Look();
        web.Announce(plan.Steps);
        web.History = Effects.NotEnded(web.History, (Step.Terminate)plan.Steps[0], plan.Next);

        Assert.Empty(web.History.Debts);
        Assert.Equal(["vm1"], web.Look().Ends());
    }

    [Fact]
    public void Who_came_for_another_place_does_not_pay_for_an_end_that_had_to_be_asked_for_again()
    {
        Group web = Ill(2, 10);
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Announce(web.Look().Steps); // and the request is lost
        web.Remove(web[9]);
        web.Cycle(TimeSpan.FromMinutes(10)); // the place of vm10 is filled; ends wait for a first look (G14)
        Assert.Equal("vm11", web[^1].Id);
        Assert.Equal(["vm1"], web.Cycle().Ends());
        web[^1].Passes();

        Assert.Empty(web.Cycle().Ends());
        Assert.Equal("vm1", Assert.Single(web.History.Debts).Vm);
    }

    [Fact]
    public void A_debt_nobody_is_to_pay_ends_when_the_group_is_whole_without_it()
    {
        Group web = Ill(1, 10);
        web.Cycle();
        web.Preset = web.Preset with { Count = 9 };
        web.Look(3);

        Assert.Empty(web.History.Debts);
    }

    [Fact]
    public void A_group_that_is_ill_as_a_whole_is_not_left_ill_for_ever()
    {
        Group web = Ill(5, 5);
        for (int i = 0; i < 300; i++) web.Cycle();

        Assert.All(web.Machines, machine => Assert.Equal(VmShepherd.Abstractions.Verdict.Passed, machine.Check));
    }

    [Fact]
    public void A_persons_end_and_a_dead_machine_do_not_wait()
    {
        Group web = Ill(2, 10);
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web[1].Dies();
        web.Requests.Add(new Request.Terminate("r1", "anna", web[2].Id));

        Assert.Equal(2, web.Look().Ends().Length);
    }

    [Fact]
    public void The_hold_names_numbers_option_and_release()
    {
        Group web = Ill(4, 10);
        DateTimeOffset since = web.Now + Given.Interval;
        Hold hold = web.Cycle().HeldBy("pace")!;

        Assert.Equal("3 end(s) wait: 0 ended machine(s) have no successor that passed, at most 1 at a time (10%, replace_pace)", hold.Reason);
        Assert.Equal("their successors pass a check", hold.Release);
        Assert.Equal(since, hold.Since);
    }
}
