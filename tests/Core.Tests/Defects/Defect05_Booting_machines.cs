using Core.Tests.Loop;
using Core.Tests.Safety;
using VmShepherd.Abstractions;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, booting machines were checked and ended, and a machine stuck in its build counted for ever.</summary>
public sealed class Defect05_Booting_machines
{
    [Fact]
    public async Task Are_not_checked()
    {
        using Stage web = new(0);
        web.Iaas.Add("vm1", state: VmState.Pending);
        int checks = 0;
        web.Check = new FakeCheck(_ =>
        {
            checks++;
            return Fate.Bad;
        });
        await web.SettledAsync();

        Assert.Equal(0, checks);
    }

    [Fact]
    public void Are_not_ended_for_checks_that_fail_while_they_start()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.Fails();
        web.Cycle(11);
        Machine born = web[4];
        born.Passes();
        web.Cycle(5);

        Assert.Contains(born, web.Machines);
        Assert.Equal(5, web.Machines.Count);
    }

    [Fact]
    public void That_never_come_up_are_replaced()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.State = VmState.Pending;
        web.Cycle();
        Machine stuck = web[4];
        web.OnCreated = _ => { };
        for (int i = 0; i < 25; i++) web.Cycle(TimeSpan.FromMinutes(1));

        Assert.DoesNotContain(stuck, web.Machines);
        Assert.Equal(5, web.Machines.Count);
    }
}
