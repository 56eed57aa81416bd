using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G4: another scope than the one stored freezes the preset until the old one is back or a person accepts the new one.</summary>
public sealed class G04ScopeTests
{
    static Group Elsewhere()
    {
        Group web = Given.Healthy(5);
        web.Scope = "cloud/other";
        web.All(machine => machine.IsHidden = true);
        return web;
    }

    [Fact]
    public void Another_scope_creates_nothing_and_remembers_nothing_that_was_seen_there()
    {
        Group web = Elsewhere();
        MachineRecord[] before = web.History.Machines;

        Plan plan = web.Look(TimeSpan.FromHours(1));
        Assert.True(plan.IsFrozen);
        Assert.Empty(plan.Steps);
        Assert.Same(before, web.History.Machines);
        Assert.Equal("cloud/project", web.History.Scope);
    }

    [Fact]
    public void Another_scope_ends_nothing()
    {
        Group web = Given.Healthy(5);
        web.Scope = "cloud/other";
        web[0].Dies();

        Assert.Empty(web.Look(10).Steps);
    }

    [Fact]
    public void The_hold_names_both_scopes_since_when_and_the_command()
    {
        Group web = Elsewhere();
        DateTimeOffset since = web.Now + Given.Interval;
        web.Look();
        Hold hold = web.Look().HeldBy("scope")!;

        Assert.Contains("'cloud/other'", hold.Reason, StringComparison.Ordinal);
        Assert.Contains("'cloud/project'", hold.Reason, StringComparison.Ordinal);
        Assert.Contains("vmshepherd accept-scope PRESET", hold.Release, StringComparison.Ordinal);
        Assert.Equal(since, hold.Since);
    }

    [Fact]
    public void The_old_scope_releases_the_preset()
    {
        Group web = Elsewhere();
        web.Look();
        web.Scope = "cloud/project";
        web.All(machine => machine.IsHidden = false);

        Assert.False(web.Look().IsFrozen);
        Assert.Empty(web.Plan.Steps);
        Assert.Equal(5, web.Plan.Present);
    }

    [Fact]
    public void A_person_may_accept_the_new_scope_and_what_is_missing_there_is_still_looked_up_first()
    {
        Group web = Elsewhere();
        web.Look();
        web.Requests.Add(new Request.AcceptScope("r1", "anna"));
        web.FindFails = true; // ids of the old scope are not asked for in the new one

        Plan plan = web.Look();
        Assert.Equal("cloud/other", web.History.Scope);
        Assert.True(Assert.Single(plan.Answers).Done);
        Assert.Equal(0, plan.Creates());

        web.FindFails = false;
        while (web.Machines.Count > 0) web.Remove(web[0]);
        web.Look();
        Assert.Equal(5, web.Look().Creates());
    }

    [Fact]
    public void The_first_scope_ever_seen_freezes_nothing()
    {
        Group web = new(Given.Preset(2));

        Assert.Equal(2, web.Look().Creates());
    }

    [Fact]
    public void A_frozen_preset_was_not_looked_at_so_old_failures_end_nothing_when_its_scope_is_back()
    {
        Group web = Given.Healthy(5);
        web[0].Fails();
        web.Look(6);
        web.Scope = "cloud/other";
        web.Look(100);
        web.Scope = "cloud/project";

        Assert.Empty(web.Look().Ends());
        Assert.NotNull(web.Plan.HeldBy("first-look"));
        Assert.Equal(["vm1"], web.Look().Ends());
    }
}
