using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G10: over all presets, an instance ends at most max(5, 1 %) for ill health in 10 minutes.</summary>
public sealed class G10EndBudgetTests
{
    static Plan Ill(int ill, InstanceFacts facts)
    {
        Group web = Given.Healthy(100, preset => preset with { Limits = preset.Limits with { ReplacePace = 1 } });
        for (int i = 0; i < ill; i++) web[i].Fails();
        web.Look(6);
        web.Facts = facts;
        return web.Look();
    }

    [Theory]
    [InlineData(100, 0, 5), InlineData(599, 0, 5), InlineData(600, 0, 6), InlineData(100, 4, 1), InlineData(100, 5, 0), InlineData(100, 9, 0)]
    public void One_percent_of_all_machines_and_at_least_five_go(int all, int endedLately, int go) =>
        Assert.Equal(go, Ill(10, new InstanceFacts { AllMachines = all, EndedLately = endedLately }).Ends().Length);

    [Theory, InlineData(0, 0), InlineData(2, 2), InlineData(8, 8)]
    public void The_option_replaces_the_rule(int budget, int go) => Assert.Equal(go, Ill(10, new InstanceFacts { AllMachines = 100, EndBudget = budget }).Ends().Length);

    [Fact]
    public void The_hold_names_numbers_and_option()
    {
        Hold hold = Ill(10, new InstanceFacts { AllMachines = 100, EndedLately = 3 }).HeldBy("installation-pace")!;

        Assert.Equal("3 machine(s) were ended for ill health in the last 10 minutes by this instance, at most 5 may (end_budget)", hold.Reason);
        Assert.Equal("the oldest of these ends is 10 minutes ago", hold.Release);
    }

    [Fact]
    public void Other_ends_do_not_count_and_are_not_held()
    {
        Group web = Given.Healthy(10);
        web.Facts = new InstanceFacts { EndBudget = 0 };
        web[0].Dies();
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm2"));

        Assert.Equal(2, web.Look().Ends().Length);
    }
}
