using Core.Tests.Safety;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Planning;

public sealed class ScaleInTests
{
    /// <summary>Ten machines, the first one the oldest; seven are wanted, and as many may go at once.</summary>
    static Group TooMany(ScaleIn policy, int count = 7)
    {
        Group web = new(Given.Preset(10));
        for (int i = 0; i < 10; i++) web.Add().Created = Given.Noon - TimeSpan.FromHours(10 - i);
        web.Look(2);
        web.Preset = web.Preset with { Count = count, ScaleIn = policy, Limits = web.Preset.Limits with { ReplacePace = 1 } };
        return web;
    }

    [Fact]
    public void Excess_stays_by_default_and_every_report_says_so()
    {
        Group web = TooMany(ScaleIn.None);
        web.Look(10);

        Assert.Empty(web.Plan.Steps);
        Assert.Equal(["3 machine(s) more than count: 10 present, 7 wanted; scale_in is none, so they stay"], web.Plan.Notes);
    }

    [Fact]
    public void The_oldest_go_first() => Assert.Equal(["vm1", "vm2", "vm3"], TooMany(ScaleIn.Oldest).Look().Ends(Cause.ScaleIn));

    [Fact]
    public void The_newest_go_first() => Assert.Equal(["vm10", "vm9", "vm8"], TooMany(ScaleIn.Newest).Look().Ends(Cause.ScaleIn));

    [Fact]
    public void Those_that_fail_go_first_then_the_newest()
    {
        Group web = TooMany(ScaleIn.UnhealthyFirst);
        web[3].Fails();

        Assert.Equal(["vm4", "vm10", "vm9"], web.Look().Ends(Cause.ScaleIn));
        Assert.Equal("10 present, 7 wanted; scale_in: unhealthy_first", web.Plan.Steps[0].Reason);
    }

    [Fact]
    public void At_the_default_pace_one_goes_at_a_time_until_count_is_reached()
    {
        Group web = TooMany(ScaleIn.Oldest);
        web.Preset = web.Preset with { Limits = new SafetyLimits() };
        for (int i = 0; i < 3; i++) Assert.Single(web.Cycle().Ends());

        Assert.Empty(web.Cycle(10).Steps);
        Assert.Equal(7, web.Machines.Count);
    }

    [Fact]
    public void A_persons_end_and_ill_machines_come_off_the_excess()
    {
        Group web = TooMany(ScaleIn.Oldest, 8);
        web[5].Fails();
        web.Preset = web.Preset with { ScaleIn = ScaleIn.None };
        web.Look(6);
        web.Preset = web.Preset with { ScaleIn = ScaleIn.Oldest };
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm7"));
        Plan plan = web.Look();

        Assert.Equal(["vm7", "vm6"], plan.Ends());
        Assert.Empty(plan.Ends(Cause.ScaleIn));
    }

    [Fact]
    public void A_machine_missing_from_the_list_is_not_chosen()
    {
        Group web = TooMany(ScaleIn.Oldest, 9);
        web[0].IsHidden = true;

        Assert.Equal(["vm2"], web.Look().Ends());
    }
}
