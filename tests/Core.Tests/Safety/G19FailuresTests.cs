using VmShepherd.Abstractions;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G19: what a failure of the IaaS means for the next plans. How calls react: IaasAccessTests, ExecutorTests.</summary>
public sealed class G19FailuresTests
{
    static Group Stopped(IaasFailure failure, string? spec = null)
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.History = web.History with { CreateStop = new CreateStop(failure, "HTTP 403: quota exceeded", 3, web.Now + TimeSpan.FromMinutes(2), spec) };
        return web;
    }

    [Fact]
    public void Creates_wait_until_the_back_off_is_over_and_ends_go_on()
    {
        Group web = Stopped(IaasFailure.QuotaReached);
        web[0].Dies();
        Plan plan = web.Look(TimeSpan.FromMinutes(2) - TimeSpan.FromTicks(1));
        Assert.Equal(["vm1"], plan.Ends());
        Assert.Equal(0, plan.Creates());

        Assert.Equal(2, web.Look(TimeSpan.FromTicks(1)).Creates());
    }

    [Fact]
    public void A_rejected_specification_waits_until_it_changes()
    {
        Group web = Stopped(IaasFailure.Rejected, "spec-1");
        Assert.Equal(0, web.Look().Creates());

        web.Preset = web.Preset with { SpecHash = "spec-2" };
        Assert.Equal(1, web.Look().Creates());
    }

    [Fact]
    public void No_room_holds_any_specification()
    {
        Group web = Stopped(IaasFailure.NoCapacity);
        web.Preset = web.Preset with { SpecHash = "spec-2" };

        Assert.Equal(0, web.Look().Creates());
    }

    [Fact]
    public void A_create_that_succeeds_ends_the_stop()
    {
        Group web = Stopped(IaasFailure.QuotaReached);
        web.Cycle(TimeSpan.FromMinutes(2));

        Assert.Null(web.History.CreateStop);
    }

    [Fact]
    public void The_hold_says_what_the_IaaS_said_how_often_and_until_when()
    {
        Group web = Stopped(IaasFailure.QuotaReached);
        DateTimeOffset until = web.History.CreateStop!.Until;
        Hold hold = web.Look().HeldBy("failures")!;

        Assert.Equal("creates stopped after 3 refusal(s), QuotaReached: HTTP 403: quota exceeded", hold.Reason);
        Assert.Equal($"{until:u}", hold.Release);
    }

    [Theory]
    [InlineData(IaasFailure.Unavailable, Reaction.NextCycle)]
    [InlineData(IaasFailure.Throttled, Reaction.BackOff)]
    [InlineData(IaasFailure.NoCapacity, Reaction.StopCreating)]
    [InlineData(IaasFailure.QuotaReached, Reaction.StopCreating)]
    [InlineData(IaasFailure.Rejected, Reaction.StopCreatingThisSpec)]
    [InlineData(IaasFailure.Unauthorized, Reaction.BackOffAccount)]
    public void Each_kind_of_failure_has_its_reaction(IaasFailure failure, Reaction reaction) => Assert.Equal(reaction, Reactions.To(failure));

    [Fact]
    public void Every_kind_of_failure_has_a_reaction() => Assert.All(Enum.GetValues<IaasFailure>(), failure => Reactions.To(failure));
}
