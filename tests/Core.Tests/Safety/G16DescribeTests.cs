using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G16: a machine in state unknown, or told only in part, is present and not touched.</summary>
public sealed class G16DescribeTests
{
    [Fact]
    public void A_machine_in_state_unknown_is_present_and_not_touched()
    {
        Group web = Given.Healthy(5);
        web[0].State = VmState.Unknown;

        Assert.Empty(web.Look(200).Steps);
        Assert.Equal(5, web.Plan.Present);
        Assert.Equal("state unknown", web.Plan.Of("vm1").Why);
    }

    [Theory]
    [InlineData(VmState.Error), InlineData(VmState.Terminated), InlineData(VmState.AfterTimeShutdown), InlineData(VmState.NearbyShutdown), InlineData(VmState.Pending)]
    public void A_machine_told_only_in_part_is_present_and_not_touched_whatever_its_state(VmState state)
    {
        Group web = Given.Healthy(5);
        web[0].State = state;
        web[0].IsComplete = false;

        Assert.Empty(web.Look(200).Steps);
        Assert.Equal(5, web.Plan.Present);
        Assert.Equal("the IaaS tells only a part of it", web.Plan.Of("vm1").Why);
    }

    [Fact]
    public void Not_even_a_person_may_end_them()
    {
        Group web = Given.Healthy(5);
        web[0].State = VmState.Unknown;
        web[1].IsComplete = false;
        web.Requests.AddRange([new Request.Terminate("r1", "anna", "vm1"), new Request.Terminate("r2", "anna", "vm2")]);
        web.Look();

        Assert.Empty(web.Plan.Ends());
        Assert.Equal(["vm1 is not touched: state unknown", "vm2 is not touched: the IaaS tells only a part of it"], web.Plan.Answers.Select(answer => answer.Text));
        Assert.All(web.Plan.Answers, answer => Assert.False(answer.Done));
    }

    [Fact]
    public void Too_many_machines_never_end_one_of_them()
    {
        Group web = Given.Healthy(3);
        web[0].State = VmState.Unknown;
        web[1].IsComplete = false;
        web.Preset = web.Preset with { Count = 0, ScaleIn = ScaleIn.Newest };
        for (int i = 0; i < 10; i++) web.Cycle();

        Assert.Equal(["vm1", "vm2"], web.Machines.Select(machine => machine.Id));
    }

    [Fact]
    public void An_unknown_state_in_between_keeps_failures_and_adds_none()
    {
        Group web = Given.Healthy(5);
        web[0].Fails();
        web.Look(3);
        web[0].State = VmState.Unknown;
        web.Look(10);
        web[0].State = VmState.Running;
        web.Look();

        Assert.Equal(4, web.History.Machines.Single(machine => machine.Id == "vm1").Failures!.Count);
    }
}
