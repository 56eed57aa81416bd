using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G14: no end for ill health in a cycle whose preset had not been looked at for more than 3 of its intervals.</summary>
public sealed class G14FirstLookTests
{
    static Group Ill()
    {
        Group web = Given.Healthy(5);
        web[0].Fails();
        web.Look(6);
        return web;
    }

    [Fact]
    public void Three_intervals_without_a_look_are_no_reason_to_hold() => Assert.Equal(["vm1"], Ill().Look(Given.Interval * 3).Ends());

    [Fact]
    public void More_than_three_intervals_hold_until_the_next_look()
    {
        Group web = Ill();

        Assert.Empty(web.Look((Given.Interval * 3) + TimeSpan.FromTicks(1)).Ends());
        Assert.Equal("not looked at for 30 s, more than 3 intervals of 10 s", web.Plan.HeldBy("first-look")!.Reason);
        Assert.Equal("the next look", web.Plan.HeldBy("first-look")!.Release);
        Assert.Equal(["vm1"], web.Look().Ends());
    }

    [Fact]
    public void Looks_that_failed_are_no_looks()
    {
        Group web = Ill();
        web.History = web.History with { BlindSince = web.Now };
        web.Now += Given.Interval * 3;

        Assert.Empty(web.Look().Ends());
        Assert.Equal(["vm1"], web.Look().Ends());
    }

    [Fact]
    public void Dead_machines_and_persons_do_not_wait()
    {
        Group web = Ill();
        web[1].Dies();
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm3"));

        Assert.Equal(["vm3", "vm2"], web.Look(TimeSpan.FromHours(1)).Ends());
        Assert.Equal(1, web.Plan.Creates());
    }
}
