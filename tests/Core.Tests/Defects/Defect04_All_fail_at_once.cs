using Core.Tests.Safety;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, every machine failing at once ended them all in the seventh cycle.</summary>
public sealed class Defect04_All_fail_at_once
{
    [Theory, InlineData(5), InlineData(100)]
    public void Ends_none_of_them_for_a_quarter_of_an_hour(int count)
    {
        Group web = Given.Healthy(count);
        web.All(machine => machine.Fails());
        web.Cycle(80);
        Assert.All(web.Machines, machine => Assert.StartsWith("vm", machine.Id, StringComparison.Ordinal));
        Assert.Equal(count, web.Machines.Count);
        Assert.NotNull(web.Plan.HeldBy("mass-failure"));

        // What they share is mended: nobody was lost.
        web.All(machine => machine.Passes());
        Assert.Empty(web.Cycle().Steps);
        Assert.Empty(web.Plan.Held);
        Assert.Equal(count, web.Plan.Present);
    }
}
