using Core.Tests.Loop;
using Core.Tests.Safety;
using VmShepherd.Abstractions;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, an empty or shortened list made it create the whole count again, and names were unescaped patterns.</summary>
public sealed class Defect06_Short_lists
{
    [Theory, InlineData(0), InlineData(1), InlineData(3)]
    public void Create_nothing_while_the_IaaS_still_knows_the_machines(int shown)
    {
        Group web = Given.Healthy(5);
        for (int i = shown; i < 5; i++) web[i].IsHidden = true;
        for (int i = 0; i < 100; i++) Assert.Empty(web.Cycle().Steps);
    }

    [Fact]
    public void Create_nothing_while_the_IaaS_cannot_tell()
    {
        Group web = Given.Healthy(5);
        web.All(machine => machine.IsHidden = true);
        web.FindFails = true;

        for (int i = 0; i < 100; i++) Assert.Empty(web.Cycle().Steps);
    }

    [Fact]
    public async Task A_name_is_compared_whole_and_is_no_pattern()
    {
        using Stage web = await new Stage(1).SettledAsync();
        web.Iaas.Add("other1", "web2");
        web.Iaas.Add("other2", "w.b");
        web.Iaas.Add("other3", "WEB");
        web.Preset = web.Preset with { Count = 2 };

        Assert.Equal(1, (await web.RunAsync()).Present);
        Assert.Single(web.Iaas.Requests);
    }
}
