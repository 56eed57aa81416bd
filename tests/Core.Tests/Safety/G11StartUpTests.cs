using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G11: failed checks do not count before the first pass or until startup_grace after the machine was first seen running.</summary>
public sealed class G11StartUpTests
{
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(120);

    static (Group Web, Machine New) Booting()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.OnCreated = machine => machine.State = VmState.Pending;
        web.Cycle();
        web[4].Fails();
        return (web, web[4]);
    }

    static FailedChecks? FailuresOf(Group web, Machine machine) => web.History.Machines.Single(record => record.Id == machine.Id).Failures;

    [Fact]
    public void The_grace_begins_when_the_machine_is_first_seen_running()
    {
        (Group web, Machine born) = Booting();
        web.Look(20);
        born.State = VmState.Running;
        web.Look();
        Assert.Null(FailuresOf(web, born));

        web.Look(Grace - TimeSpan.FromTicks(1));
        Assert.Null(FailuresOf(web, born));
        web.Look(TimeSpan.FromTicks(1));
        Assert.Equal(1, FailuresOf(web, born)!.Count);
        Assert.Equal(web.Now, FailuresOf(web, born)!.Since);
    }

    [Fact]
    public void After_the_first_pass_failures_count_at_once()
    {
        (Group web, Machine born) = Booting();
        born.State = VmState.Running;
        born.Passes();
        web.Look();
        born.Fails();
        web.Look();

        Assert.Equal(1, FailuresOf(web, born)!.Count);
    }

    [Fact]
    public void An_adopted_machine_starts_up_from_when_it_was_created()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        Machine adopted = web.Add();
        adopted.Metadata.Clear();
        adopted.Created = web.Now - TimeSpan.FromHours(1);
        adopted.Fails();
        web.Look();

        Assert.Equal(1, FailuresOf(web, adopted)!.Count);
    }

    [Fact]
    public void An_adopted_machine_created_in_the_future_starts_up_now()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        Machine adopted = web.Add();
        adopted.Metadata.Clear();
        adopted.Created = web.Now + TimeSpan.FromDays(3650);
        adopted.Fails();
        web.Look(Grace);
        Assert.Null(FailuresOf(web, adopted));

        web.Look(Grace);
        Assert.NotNull(FailuresOf(web, adopted));
    }

    [Fact]
    public void A_machine_of_ours_whose_memory_is_lost_starts_up_from_when_it_is_seen()
    {
        Group web = new(Given.Preset(1));
        web.Add().Fails();
        web[0].Created = web.Now - TimeSpan.FromDays(1);
        web.Look();

        Assert.Null(FailuresOf(web, web[0]));
    }

    [Fact]
    public void The_report_says_that_the_failure_is_not_counted()
    {
        (Group web, Machine born) = Booting();
        born.State = VmState.Running;

        Assert.Equal("check fails during start-up, not counted: connection refused", web.Look().Of(born.Id).Why);
    }
}
