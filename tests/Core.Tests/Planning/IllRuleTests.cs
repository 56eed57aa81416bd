using Core.Tests.Safety;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Planning;

/// <summary>Ill: the delay is not negative, more than 5 checks failed before this one, and the first of them is older than the delay.</summary>
public sealed class IllRuleTests
{
    static Group Failing(TimeSpan? delay)
    {
        Group web = Given.Healthy(10, preset => preset with { Health = preset.Health with { TerminateAfter = delay } });
        web[0].Fails();
        return web;
    }

    [Fact]
    public void A_machine_is_ended_at_its_seventh_failed_check_at_the_earliest()
    {
        Group web = Failing(TimeSpan.Zero);

        Assert.Empty(web.Look(6).Steps);
        Assert.Equal(["vm1"], web.Look(1).Ends());
        Assert.Equal("unhealthy for 60 s, 7 checks failed: connection refused", web.Plan.Of("vm1").Why);
    }

    [Fact]
    public void The_delay_must_be_exceeded_since_the_first_failed_check()
    {
        Group web = Failing(TimeSpan.FromMinutes(5));
        web.Look(20); // the first of these failed 190 s ago

        Assert.Empty(web.Look(TimeSpan.FromSeconds(30)).Steps);
        Assert.Empty(web.Look(TimeSpan.FromSeconds(30)).Steps);
        Assert.Empty(web.Look(TimeSpan.FromSeconds(30)).Steps);
        Assert.Empty(web.Look(TimeSpan.FromSeconds(20)).Steps);
        Assert.Equal(["vm1"], web.Look(TimeSpan.FromTicks(1)).Ends());
    }

    [Fact]
    public void Without_a_delay_nothing_is_ended_for_ill_health() => Assert.Empty(Failing(null).Look(1000).Steps);

    [Fact]
    public void A_passed_check_in_between_begins_anew()
    {
        Group web = Failing(TimeSpan.Zero);
        web.Look(6);
        web[0].Passes();
        web.Look();
        web[0].Fails();

        Assert.Empty(web.Look(6).Steps);
        Assert.NotEmpty(web.Look().Steps);
    }

    [Fact]
    public void An_unknown_verdict_neither_counts_nor_resets()
    {
        Group web = Failing(TimeSpan.Zero);
        web.Look(6);
        web[0].Check = Fate.Unclear;
        Assert.Empty(web.Look(10).Steps);
        Assert.Equal(6, web.History.Machines[0].Failures!.Count);

        web[0].Fails();
        Assert.Equal(["vm1"], web.Look().Ends());
    }

    [Fact]
    public void An_unhealthy_machine_is_reported_as_such_and_counts()
    {
        Group web = Failing(null);
        web.Look();

        Assert.Equal(10, web.Plan.Present);
        Assert.Equal("unhealthy", Classifier.StateName(web.Plan.Of("vm1").Vm, web.Plan.Of("vm1").Verdict));
    }

    [Fact]
    public void An_unmanaged_preset_is_observed_and_checked_only()
    {
        Group web = Failing(TimeSpan.Zero);
        web.Preset = web.Preset with { Unmanaged = true, Count = 20, ScaleIn = ScaleIn.Oldest };
        web[1].Dies();
        web.Look(20);

        Assert.Empty(web.Plan.Steps);
        Assert.Contains("unmanaged: observed and checked only", web.Plan.Notes);
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        Assert.Equal(["vm1"], web.Look().Ends());
    }
}
