using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G12: pending longer than creation_timeout is dead.</summary>
public sealed class G12StuckTests
{
    static readonly TimeSpan Timeout = TimeSpan.FromMinutes(20);

    static Group Stuck()
    {
        Group web = Given.Healthy(5);
        web[0].State = VmState.Pending;
        web.Look();
        return web;
    }

    [Fact]
    public void A_machine_pending_for_longer_than_the_timeout_is_ended_and_replaced()
    {
        Group web = Stuck();

        Assert.Empty(web.Look(Timeout).Steps);
        Plan plan = web.Look(TimeSpan.FromTicks(1));
        Assert.Equal(["vm1"], plan.Ends(Cause.Dead));
        Assert.Equal(1, plan.Creates());
        Assert.Equal("pending for 20 min, longer than creation_timeout", plan.Of("vm1").Why);
    }

    [Fact]
    public void A_list_that_took_long_shows_what_was_and_not_what_is()
    {
        Group web = Stuck();
        web.ListAge = TimeSpan.FromMinutes(2);

        Assert.Empty(web.Look(Timeout + TimeSpan.FromMinutes(1)).Steps);
        Assert.Equal(["vm1"], web.Look(TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1)).Ends(Cause.Dead));
    }

    [Fact]
    public void A_machine_that_ran_in_between_begins_anew()
    {
        Group web = Stuck();
        web.Look(Timeout);
        web[0].State = VmState.Running;
        web.Look();
        web[0].State = VmState.Pending;
        web.Look();

        Assert.Empty(web.Look(Timeout).Steps);
    }

    [Fact]
    public void A_state_that_is_unknown_in_between_is_no_break_and_is_not_touched()
    {
        Group web = Stuck();
        web[0].State = VmState.Unknown;
        Assert.Empty(web.Look(Timeout + Timeout).Steps);

        web[0].State = VmState.Pending;
        Assert.Equal(["vm1"], web.Look().Ends());
    }
}
