using Core.Tests.Safety;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, excess machines were never removed when count fell, and nobody said so.</summary>
public sealed class Defect01_Excess_machines
{
    [Fact]
    public void Are_said_aloud_in_every_report()
    {
        Group web = Given.Healthy(8);
        web.Preset = web.Preset with { Count = 5 };

        Assert.Contains(web.Cycle().Notes, note => note.StartsWith("3 machine(s) more than count", StringComparison.Ordinal));
        Assert.Contains(web.Cycle().Notes, note => note.StartsWith("3 machine(s) more than count", StringComparison.Ordinal));
        Assert.Equal(8, web.Machines.Count);
    }

    [Theory, InlineData(ScaleIn.Oldest), InlineData(ScaleIn.Newest), InlineData(ScaleIn.UnhealthyFirst)]
    public void Are_removed_where_a_policy_says_so(ScaleIn policy)
    {
        Group web = Given.Healthy(8);
        web.Preset = web.Preset with { Count = 5, ScaleIn = policy };
        web.Cycle(10);

        Assert.Equal(5, web.Machines.Count);
    }
}
