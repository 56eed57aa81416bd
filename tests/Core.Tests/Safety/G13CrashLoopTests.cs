using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G13: a machine that dies, or is ended, before it ever passed doubles the wait before the next create.</summary>
public sealed class G13CrashLoopTests
{
    [Theory]
    [InlineData(1, 10), InlineData(2, 20), InlineData(3, 40), InlineData(8, 1280), InlineData(9, 1800), InlineData(100, 1800)]
    public void Waits_double_from_ten_seconds_to_half_an_hour(int failures, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), CrashLoopBrake.Wait(failures));

    /// <summary>The fifth machine died before it ever passed, at the last look.</summary>
    static Group Crashed()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web.Look();
        web[4].Dies();
        web.Cycle();
        return web;
    }

    [Fact]
    public void A_machine_that_died_before_it_passed_holds_creates_for_ten_seconds()
    {
        Group web = Crashed();
        Assert.Equal(0, web.Plan.Creates());

        Assert.Equal(0, web.Look(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1)).Creates());
        Assert.Equal(1, web.Look(TimeSpan.FromTicks(1)).Creates());
    }

    [Fact]
    public void The_next_one_that_dies_doubles_the_wait_and_one_that_passes_resets_it()
    {
        Group web = Crashed();
        web.Cycle();
        web.Look();
        web[4].Dies();
        web.Cycle();
        Assert.Equal(2, web.History.CrashLoop!.Failures);
        Assert.Equal(web.Now + TimeSpan.FromSeconds(20), web.History.CrashLoop!.NotBefore);

        web.OnCreated = _ => { };
        web.Cycle(TimeSpan.FromSeconds(20));
        web.Look();
        Assert.Null(web.History.CrashLoop);
    }

    [Fact]
    public void A_new_machine_that_passes_ends_the_wait_at_once()
    {
        Group web = Given.Healthy(3, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web.Look();
        web[3].Dies();
        web.Cycle();
        web[3].Passes(); // the other new one: the dead one is gone

        Assert.Equal(1, web.Look(TimeSpan.FromSeconds(1)).Creates());
    }

    [Fact]
    public void A_death_counts_once_although_the_dead_machine_is_held_and_vanishes()
    {
        Group web = Crashed();
        Assert.Equal(1, web.History.CrashLoop!.Failures);

        web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web.Look();
        web[4].Dies();
        web.Look(3); // its end is not carried out
        web.Remove(web[4]);
        web.Look();
        Assert.Equal(1, web.History.CrashLoop!.Failures);
    }

    [Fact]
    public void A_machine_that_passed_before_it_died_does_not_count()
    {
        Group web = Given.Healthy(5);
        web[0].Dies();

        Assert.Equal(1, web.Look().Creates());
        Assert.Null(web.History.CrashLoop);
    }

    [Fact]
    public void A_machine_ended_by_a_person_or_for_ill_health_before_it_passed_counts()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web.Look();
        web.Requests.Add(new Request.Terminate("r1", "anna", web[4].Id));
        web.Cycle();

        Assert.Equal(1, web.History.CrashLoop!.Failures);
    }

    [Fact]
    public void A_machine_ended_before_it_passed_counts_although_the_answer_was_lost()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web.Look();
        web.Requests.Add(new Request.Terminate("r1", "anna", web[4].Id));
        web.Announce(web.Look().Steps);
        web.Remove(web[4]);
        web.Look();

        Assert.Equal(1, web.History.CrashLoop!.Failures);
    }

    [Fact]
    public void Ends_go_on_and_the_hold_says_why_and_until_when()
    {
        Group web = Crashed();
        web[0].Dies();
        web.Look(TimeSpan.FromSeconds(1));
        Hold hold = web.Plan.HeldBy("crash-loop")!;

        Assert.Equal(["vm1"], web.Plan.Ends());
        Assert.Equal("machines died 1 time(s) in a row before they ever passed a check", hold.Reason);
        Assert.StartsWith($"{web.History.CrashLoop!.NotBefore:u}", hold.Release, StringComparison.Ordinal);
    }
}
