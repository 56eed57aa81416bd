using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G15: another installation's machines are neither counted nor ended; unmarked ones are adopted.</summary>
public sealed class G15OwnerTests
{
    static Group WithForeign()
    {
        Group web = Given.Healthy(5);
        web[0].Metadata[VmMetadata.Installation] = "other";
        return web;
    }

    [Fact]
    public void A_machine_of_another_installation_is_not_counted_and_that_is_said()
    {
        Group web = WithForeign();

        Assert.Equal(1, web.Look().Creates());
        Assert.Equal(4, web.Plan.Present);
        Assert.Contains("vm1 carries this preset's name but belongs to installation 'other': neither counted nor ended", web.Plan.Notes);
    }

    [Fact]
    public void A_dead_or_failing_machine_of_another_installation_is_not_ended()
    {
        Group web = WithForeign();
        web[0].Dies();
        Assert.Empty(web.Look().Ends());

        web[0].State = VmState.Running;
        web[0].Fails();
        Assert.Empty(web.Look(20).Ends());
    }

    [Fact]
    public void Not_even_a_person_may_end_it()
    {
        Group web = WithForeign();
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        Answer answer = Assert.Single(web.Look().Answers);

        Assert.Empty(web.Plan.Ends());
        Assert.False(answer.Done);
        Assert.Equal("vm1 belongs to installation 'other'", answer.Text);
    }

    [Fact]
    public void Too_many_machines_never_end_one_of_another_installation()
    {
        Group web = WithForeign();
        web.Preset = web.Preset with { Count = 0, ScaleIn = VmShepherd.Core.Configuration.ScaleIn.Oldest };
        for (int i = 0; i < 20; i++) web.Cycle();

        Assert.Equal(["vm1"], web.Machines.Select(machine => machine.Id));
    }

    [Fact]
    public void A_machine_without_a_mark_is_adopted_with_an_event_once()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.Add().Metadata.Clear();

        Assert.Empty(web.Look().Steps);
        Assert.Equal(["vm5 adopted: it carries this preset's name and nobody's mark"], web.Plan.Notes);
        Assert.Empty(web.Look().Notes);
    }

    [Fact]
    public void The_mark_is_compared_exactly()
    {
        Group web = Given.Healthy(5);
        web[0].Metadata[VmMetadata.Installation] = "Default";

        Assert.Equal(4, web.Look().Present);
    }
}
