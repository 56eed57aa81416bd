using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G7: when many fail at once, suspect what they share before the machines.</summary>
public sealed class G07MassFailureTests
{
    static readonly TimeSpan Probe = TimeSpan.FromMinutes(15);

    /// <summary>So many machines of a group have failed often and long enough to be ill at the next look.</summary>
    static Group Failing(int failing, int count, double pace = 0.10)
    {
        Group web = Given.Healthy(count, preset => preset with { Limits = preset.Limits with { ReplacePace = pace } });
        for (int i = 0; i < failing; i++) web[i].Fails();
        web.Look(6);
        return web;
    }

    [Theory]
    [InlineData(1, 1, true), InlineData(2, 2, false), InlineData(1, 2, true)]
    [InlineData(4, 10, true), InlineData(5, 10, false)]
    [InlineData(1, 4, true), InlineData(2, 4, false)] // 1.6 rounds down
    public void Ill_machines_go_while_not_more_than_max_unhealthy_of_the_judged_fail(int failing, int count, bool go) =>
        Assert.Equal(go, Failing(failing, count).Look().Ends().Length == 1);

    [Fact]
    public void Machines_ended_for_ill_health_and_not_succeeded_count_as_failing()
    {
        Group web = Failing(2, 10, pace: 1);
        web.OnCreated = machine => machine.Check = Fate.Unclear;
        web.Cycle();
        web[0].Fails();
        web[1].Fails();
        Assert.Equal(2, web.History.Debts.Length);

        web.Cycle(6); // 2 fail, 2 owed: 4 of 8 is more than 3
        Assert.Empty(web.Look().Ends());
        Assert.Contains("2 of 8 checks fail and 2 ended machine(s) have no successor that passed; at most 3 may (40%, max_unhealthy)", web.Plan.HeldBy("mass-failure")!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Failing_machines_that_are_not_ill_yet_count_too()
    {
        Group web = Failing(1, 10);
        for (int i = 1; i < 5; i++) web[i].Fails();

        Assert.Empty(web.Look().Ends());
    }

    [Fact]
    public void Half_of_the_verdicts_may_be_unknown_and_no_more()
    {
        Group web = Failing(1, 10);
        for (int i = 5; i < 10; i++) web[i].Check = Fate.Unclear;
        Assert.Equal(["vm1"], web.Look().Ends());

        web[4].Check = Fate.Unclear;
        Assert.Empty(web.Look().Ends());
        Assert.Equal("6 of 10 machines could not be judged", web.Plan.HeldBy("mass-failure")!.Reason);
    }

    [Fact]
    public void Failures_during_start_up_do_not_count()
    {
        Group web = Failing(1, 5);
        for (int i = 0; i < 4; i++) web.Add().Fails();
        web.Preset = web.Preset with { Count = 9 };

        Assert.Equal(["vm1"], web.Look().Ends());
    }

    [Fact]
    public void Only_ends_for_ill_health_are_held()
    {
        Group web = Failing(5, 10);
        web[9].Dies();
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        Plan plan = web.Look();

        Assert.Equal(["vm1", "vm10"], plan.Ends());
        Assert.Equal(1, plan.Creates());
    }

    [Fact]
    public void A_hold_as_old_as_hold_probe_lets_one_machine_go()
    {
        Group web = Failing(10, 10);
        web.Look();
        web.Look(Probe - TimeSpan.FromSeconds(10)); // the first look after so long (G14)

        Assert.Empty(web.Look(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1)).Ends());
        Assert.Single(web.Look(TimeSpan.FromTicks(1)).Ends());
    }

    [Fact]
    public void No_probe_goes_while_the_instance_suspects_itself()
    {
        Group web = Failing(10, 10);
        web.Look();
        web.Facts = web.Facts with { CanariesFail = true };
        web.Look(Probe); // the first look after so long (G14)
        Assert.Empty(web.Look().Ends());
        Assert.DoesNotContain("goes as a probe", web.Plan.HeldBy("mass-failure")!.Reason, StringComparison.Ordinal);
        Assert.Null(web.History.MassFailure!.ProbedAt); // its turn is not used up

        web.Facts = web.Facts with { CanariesFail = false };
        Assert.Single(web.Look().Ends());
    }

    [Fact]
    public void While_successors_pass_the_group_is_mended_machine_by_machine()
    {
        Group web = Failing(10, 10);
        web.Look();
        web.Cycle(Probe);
        for (int i = 0; i < 30 && web.Machines.Any(machine => machine.Check == Fate.Bad); i++)
        {
            Assert.True(web.Cycle().Ends().Length <= 1);
        }

        Assert.All(web.Machines, machine => Assert.Equal(VmShepherd.Abstractions.Verdict.Passed, machine.Check));
    }

    [Fact]
    public void When_successors_fail_the_waits_double()
    {
        Group web = Failing(50, 50);
        web.OnCreated = machine => machine.Fails();
        web.Look();
        List<DateTimeOffset> probes = [];
        DateTimeOffset begun = web.Now;
        while (web.Now - begun < TimeSpan.FromHours(5))
        {
            if (web.Cycle(TimeSpan.FromSeconds(30)).Ends(Cause.IllHealth).Length > 0) probes.Add(web.Now);
        }

        double[] waits = [.. probes.Skip(1).Zip(probes, (later, earlier) => Math.Round((later - earlier).TotalMinutes))];
        Assert.Equal([15, 30, 60, 120], waits);
    }

    [Fact]
    public void The_hold_ends_when_fewer_fail_and_begins_anew_afterwards()
    {
        Group web = Failing(5, 10);
        web.Look();
        web.All(machine => machine.Passes());
        web.Look();
        Assert.Null(web.History.MassFailure);

        for (int i = 0; i < 5; i++) web[i].Fails();
        web.Look(6);
        web.Look();
        Assert.Equal(web.Now, web.History.MassFailure!.Since);
    }

    [Fact]
    public void The_hold_says_how_many_which_option_since_when_and_when_a_probe_goes()
    {
        Group web = Failing(5, 10);
        web.Look();
        DateTimeOffset since = web.Now;
        Hold hold = web.Look().HeldBy("mass-failure")!;

        Assert.Equal("5 of 10 checks fail and 0 ended machine(s) have no successor that passed; at most 4 may (40%, max_unhealthy)", hold.Reason);
        Assert.Equal($"fewer machines fail; from {since + Probe:u} on a single one may go (hold_probe)", hold.Release);
        Assert.Equal(since, hold.Since);
    }

    [Fact]
    public void Machines_that_are_never_to_be_ended_begin_no_hold()
    {
        Group web = Given.Healthy(5, preset => preset with { Health = preset.Health with { TerminateAfter = null } });
        web.All(machine => machine.Fails());

        Assert.Empty(web.Look(20).Held);
        Assert.Null(web.History.MassFailure);
    }
}
