using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G8: when machines fail all over the place, the checker is what they share.</summary>
public sealed class G08SelfSuspicionTests
{
    static Plan Ill(InstanceFacts facts)
    {
        Group web = Given.Healthy(5);
        web[0].Fails();
        web.Look(6);
        web.Facts = facts with { AllMachines = 10_000 };
        return web.Look();
    }

    [Theory]
    [InlineData(20, 6, 3, true)]
    [InlineData(19, 19, 3, false)] // too few machines
    [InlineData(20, 20, 2, false)] // too few presets
    [InlineData(20, 5, 3, false)]
    [InlineData(100, 30, 3, true)]
    [InlineData(100, 29, 3, false)]
    public void Thirty_percent_of_twenty_machines_in_three_presets_hold(int looked, int failed, int presets, bool holds) =>
        Assert.Equal(holds, Ill(new InstanceFacts { Looked = looked, Failed = failed, Presets = presets }).Ends().Length == 0);

    [Fact]
    public void A_percentage_is_meant_in_decimals() =>
        Assert.Empty(Ill(new InstanceFacts { Looked = 100, Failed = 7, Presets = 3, SelfSuspicion = 0.07 }).Ends());

    [Fact]
    public void Canaries_that_all_fail_hold_whatever_the_machines_say()
    {
        Plan plan = Ill(new InstanceFacts { CanariesFail = true });

        Assert.Empty(plan.Ends());
        Assert.Contains("canaries", plan.HeldBy("self-suspicion")!.Release, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_ends_for_ill_health_are_held()
    {
        Group web = Given.Healthy(5);
        web[0].Fails();
        web.Look(6);
        web[1].Dies();
        web.Facts = web.Facts with { CanariesFail = true };
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm3"));
        Plan plan = web.Look();

        Assert.Equal(["vm3", "vm2"], plan.Ends());
        Assert.Equal(1, plan.Creates());
    }

    [Fact]
    public void The_hold_names_numbers_and_option()
    {
        Hold hold = Ill(new InstanceFacts { Looked = 40, Failed = 20, Presets = 4 }).HeldBy("self-suspicion")!;

        Assert.Equal("20 of 40 machines in 4 presets failed in the last minute, 30% or more (self_suspicion): this instance suspects itself", hold.Reason);
    }
}
