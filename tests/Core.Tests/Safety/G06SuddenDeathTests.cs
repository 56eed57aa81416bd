using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G6: more than max(1, 40 %) newly dead at one look wait for a second look a minute later, then go at the pace.</summary>
public sealed class G06SuddenDeathTests
{
    static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    static Group WithDead(int dead, int count = 10)
    {
        Group web = Given.Healthy(count);
        for (int i = 0; i < dead; i++) web[i].Dies();
        return web;
    }

    [Fact]
    public void Forty_percent_dead_at_one_look_are_ended_and_replaced_at_once()
    {
        Plan plan = WithDead(4).Look();

        Assert.Equal(4, plan.Ends(Cause.Dead).Length);
        Assert.Equal(4, plan.Creates());
    }

    [Fact]
    public void One_dead_of_one_is_no_sudden_death() => Assert.Equal(["vm1"], WithDead(1, 1).Look().Ends());

    [Fact]
    public void Two_dead_of_two_are() => Assert.Empty(WithDead(2, 2).Look().Ends());

    [Fact]
    public void More_than_forty_percent_wait_for_a_second_look_a_minute_later_that_agrees()
    {
        Group web = WithDead(5);

        Assert.Empty(web.Look().Ends());
        Assert.Empty(web.Look(Minute - TimeSpan.FromTicks(1)).Ends());
        Assert.Single(web.Look(TimeSpan.FromTicks(1)).Ends());
    }

    [Fact]
    public void Looks_are_apart_by_when_their_lists_were_begun()
    {
        Group web = WithDead(5);
        web.Look();
        web.ListAge = TimeSpan.FromSeconds(10);

        Assert.Empty(web.Look(Minute + TimeSpan.FromSeconds(9)).Ends());
        Assert.Single(web.Look(TimeSpan.FromSeconds(1)).Ends());
    }

    [Fact]
    public void Then_they_go_at_the_pace()
    {
        Group web = WithDead(5);
        web.OnCreated = machine => machine.Fails();
        web.Cycle();
        web.Cycle(Minute);
        int ended = web.Plan.Ends(Cause.Dead).Length;
        for (int i = 0; i < 5; i++) ended += web.Cycle().Ends(Cause.Dead).Length;

        Assert.Equal(1, ended); // 10 % of 10, and no successor has passed
        Assert.NotNull(web.Plan.HeldBy("pace"));
    }

    [Fact]
    public void Those_that_turn_out_to_live_are_not_ended()
    {
        Group web = WithDead(5);
        web.Look();
        web.All(machine => machine.State = VmShepherd.Abstractions.VmState.Running);

        Assert.Empty(web.Look(Minute).Ends());
        Assert.Null(web.History.SuddenDeath);
    }

    [Fact]
    public void Others_that_die_at_the_second_look_have_not_been_seen_dead_twice()
    {
        Group web = WithDead(5);
        web.Look();
        for (int i = 0; i < 10; i++) web[i].State = i < 5 ? VmShepherd.Abstractions.VmState.Running : VmShepherd.Abstractions.VmState.Error;

        Assert.Empty(web.Look(Minute).Ends());
        Assert.Single(web.Look(Minute).Ends());
    }

    [Fact]
    public void A_second_sudden_death_holds_again_and_the_first_ones_stay_at_the_pace()
    {
        Group web = WithDead(5, 20);
        for (int i = 5; i < 9; i++) web[i].Dies();
        web.Look();
        web.Look(Minute); // confirmed
        for (int i = 9; i < 20; i++) web[i].Dies();

        Assert.Empty(web.Look().Ends());
        Assert.Equal(2, web.Look(Minute).Ends().Length); // 10 % of 20
    }

    [Fact]
    public void Everything_but_a_persons_end_is_held_and_creates_go_on()
    {
        Group web = WithDead(5);
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        Plan plan = web.Look();

        Assert.Equal(["vm1"], plan.Ends());
        Assert.Equal(5, plan.Creates());
    }

    [Fact]
    public void The_hold_names_numbers_option_since_and_release()
    {
        Group web = WithDead(5);
        web.Look();
        DateTimeOffset since = web.Now;
        Hold hold = web.Look().HeldBy("sudden-death")!;

        Assert.Equal("5 machine(s) were found dead at one look, more than 40% of 10 (max_dead)", hold.Reason);
        Assert.Contains($"{since + Minute:u}", hold.Release, StringComparison.Ordinal);
        Assert.Equal(since, hold.Since);
    }
}
