using Core.Tests.Safety;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Planning;

/// <summary>What people ask for: an end obeys owner, describe and lease only.</summary>
public sealed class RequestTests
{
    static Request.Terminate End(string vm, string id = "r1") => new(id, "anna", vm);

    [Fact]
    public void A_persons_end_passes_every_brake()
    {
        // Sudden death, mass failure, pace, budget, suspicion and first look all hold here.
        Group web = Given.Healthy(10);
        web.All(machine => machine.Fails());
        web.Look(8);
        for (int i = 0; i < 5; i++) web[i].Dies();
        web.Facts = new InstanceFacts { EndBudget = 0, CanariesFail = true };
        web.History = web.History with { Debts = [new Debt("gone", web.Now, Cause.IllHealth, null)] };
        web.Requests.Add(End("vm9"));
        Plan plan = web.Look(TimeSpan.FromHours(1));

        Step.Terminate step = Assert.IsType<Step.Terminate>(Assert.Single(plan.Steps, step => step is Step.Terminate));
        Assert.Equal((Cause.Requested, "vm9", "asked for by anna"), (step.Cause, step.Vm, step.Reason));
        Assert.NotEmpty(plan.Held);
    }

    [Fact]
    public void A_persons_end_passes_in_a_frozen_preset_whose_memory_stays()
    {
        Group web = Given.Healthy(3);
        MachineRecord[] before = web.History.Machines;
        web.Scope = "elsewhere";
        web.Requests.Add(End("vm1"));
        Assert.Equal(["vm1"], web.Look().Ends());

        web.Act(web.Plan.Steps);
        Assert.Equal(before.Select(machine => machine.Ending), web.History.Machines.Select(machine => machine.Ending).Select(_ => (Ending?)null));
    }

    [Fact]
    public void It_is_remembered_who_asked()
    {
        Group web = Given.Healthy(3);
        web.Requests.Add(End("vm1"));
        web.Announce(web.Look().Steps);

        Assert.Equal("anna", web.History.Machines[0].Ending!.By);
    }

    [Fact]
    public void A_machine_of_another_preset_is_refused_in_words()
    {
        Group web = Given.Healthy(3);
        web.Requests.Add(End("other"));

        Assert.Equal(new Answer("r1", false, "there is no machine other in this preset"), Assert.Single(web.Look().Answers));
    }

    [Fact]
    public void Asking_twice_sends_one_end_and_answers_both()
    {
        Group web = Given.Healthy(3);
        web.Requests.AddRange([End("vm1"), End("vm1", "r2")]);
        Plan plan = web.Look();

        Assert.Single(plan.Ends());
        Assert.Equal(new Answer("r2", true, "asked for twice"), Assert.Single(plan.Answers));
    }

    [Fact]
    public void A_machine_that_leaves_already_is_answered_so()
    {
        Group web = Given.Healthy(3);
        web.Requests.Add(End("vm1"));
        Plan plan = web.Look();
        web.Announce(plan.Steps);
        web.History = Effects.Ended(web.History, (Step.Terminate)plan.Steps[0], web.Now);
        web.Requests.Add(End("vm1", "r2"));

        Assert.True(Assert.Single(web.Look().Answers).Done);
        Assert.Empty(web.Plan.Ends());
    }

    [Fact]
    public void Only_the_latest_answers_are_kept()
    {
        History history = new(Given.Noon);
        for (int i = 0; i < 30; i++) history = Effects.Answered(history, [new Answer($"r{i}", true, "")]);

        Assert.Equal(History.MaxAnswers, history.Answers.Length);
        Assert.Equal("r29", history.Answers[^1].Request);
    }
}
