using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G20: what a person has paused is looked at and checked, and nothing of it is created or ended until somebody resumes it.</summary>
public sealed class G20PauseTests
{
    static readonly Request Pause = new Request.Pause("r1", "anna", "kernel upgrade"), Resume = new Request.Resume("r2", "bert");

    /// <summary>As a cycle does it: what is asked for is weighed before the look.</summary>
    static Group Asked(Group web, params Request[] requests)
    {
        web.Requests.AddRange(requests);
        web.History = Pauses.Weigh(web.History, requests, web.Now);
        return web;
    }

    static Group Paused(int count = 5) => Asked(Given.Healthy(count), Pause);

    [Fact]
    public void Nothing_is_created_or_ended_and_the_hold_says_who_paused_it_since_when_and_how_it_goes_on()
    {
        Group web = Paused();
        DateTimeOffset asked = web.Now;
        web[0].Dies();
        web[1].Fails();
        web.Cycle(20);

        Assert.Equal(5, web.Machines.Count);
        Hold hold = web.Plan.HeldBy("pause")!;
        Assert.Equal("paused by anna (kernel upgrade): 1 create(s) and 2 end(s) held back", hold.Reason);
        Assert.Equal(("vmshepherd resume web --server URL", asked), (hold.Release, hold.Since));
    }

    [Fact]
    public void It_is_said_although_there_is_nothing_to_hold_back()
    {
        Group web = Paused();
        Assert.Equal(new Answer("r1", true, "paused"), Assert.Single(web.Look().Answers));
        Assert.NotNull(web.Look().HeldBy("pause"));
    }

    [Fact]
    public void What_a_person_asks_for_passes()
    {
        Group web = Asked(Paused(), new Request.Terminate("r3", "carl", "vm2"));
        Assert.Equal(["vm2"], web.Cycle().Ends());
        Assert.Equal(0, web.Cycle().Creates());
    }

    [Fact]
    public void Machines_are_checked_and_their_failures_counted_meanwhile()
    {
        Group web = Paused();
        web[0].Fails();
        Assert.Equal((7, Standing.Ill), (web.Look(7).Of("vm1").Record.Failures!.Count, web.Plan.Of("vm1").Standing));
    }

    [Fact]
    public void After_it_every_machine_has_its_whole_delay_again()
    {
        Group web = Paused();
        web.All(machine => machine.Fails());
        web.Look(20);
        Asked(web, Resume).Cycle();

        Assert.Null(web.Plan.HeldBy("pause"));
        Assert.Equal(1, web.Plan.Of("vm1").Record.Failures!.Count);
        for (int i = 0; i < 5; i++) Assert.Empty(web.Cycle().Ends());

        web.All(machine => machine.Passes());
        web[0].Fails(); // the one that has not come back
        Assert.Equal(["vm1"], web.Cycle().Ends());
    }

    [Fact]
    public void After_it_a_machine_that_was_being_built_has_its_whole_time_again()
    {
        Group web = Paused();
        web[0].State = VmShepherd.Abstractions.VmState.Pending;
        web.Look(2);
        web.Look(web.Preset.Limits.CreationTimeout);

        Assert.Equal(Standing.Dead, web.Plan.Of("vm1").Standing);
        Assert.Empty(Asked(web, Resume).Cycle().Ends());
        Assert.Equal(["vm1"], web.Cycle(web.Preset.Limits.CreationTimeout + TimeSpan.FromSeconds(1)).Ends());
    }

    [Fact]
    public void A_list_from_before_the_end_does_not_end_it()
    {
        Group web = Paused();
        web[0].Dies();
        web.Look();
        web.ListAge = TimeSpan.FromSeconds(11); // begun a second before, by another preset
        Assert.Empty(Asked(web, Resume).Cycle().Ends());
        Assert.StartsWith("resumed, but the machines were listed before that", web.Plan.HeldBy("pause")!.Reason, StringComparison.Ordinal);
        Assert.Equal("the next look", web.Plan.HeldBy("pause")!.Release);

        web[0].State = VmShepherd.Abstractions.VmState.Running;
        Assert.Empty(web.Cycle().Ends());
        Assert.Null(web.History.Paused);
    }

    [Fact]
    public void What_is_dead_after_it_is_replaced_as_ever()
    {
        Group web = Paused();
        web[0].Dies();
        web.Cycle(3);
        Assert.Equal((1, "vm1"), (Asked(web, Resume).Cycle().Creates(), Assert.Single(web.Plan.Ends())));
        Assert.Empty(web.Cycle(3).Held);
    }

    [Fact]
    public void Whoever_pauses_it_again_is_named_and_the_last_word_counts()
    {
        Group web = Paused();
        DateTimeOffset asked = web.Now;
        web.Look();
        Asked(web, new Request.Pause("r3", "carl", null)).Look();
        Assert.Equal(new Paused(asked, "carl", null), web.History.Paused);

        Asked(web, Resume, Pause).Look();
        Assert.Equal(new Paused(web.Now - Given.Interval, "anna", "kernel upgrade"), web.History.Paused);
        Asked(web, Pause, Resume).Look();
        Assert.Null(web.History.Paused);
    }

    [Fact]
    public void To_resume_what_nobody_has_paused_changes_nothing()
    {
        Group web = Given.Healthy(3);
        Assert.Same(web.History, Asked(web, Resume).History);
        Assert.True(Assert.Single(web.Look().Answers).Done);
    }

    [Fact]
    public void A_takeover_finds_it_paused()
    {
        Group web = Paused();
        History other = HistoryCodec.Decode(HistoryCodec.Encode(HistoryCodec.EncodeBody(web.History), "dead", web.Now), TimeSpan.FromMinutes(1), "other", Given.Noon.AddYears(1));

        Assert.Equal(new Paused(Given.Noon.AddYears(1).AddMinutes(-1), "anna", "kernel upgrade"), other.Paused);
        Assert.False(other.IsCalm);
    }
}
