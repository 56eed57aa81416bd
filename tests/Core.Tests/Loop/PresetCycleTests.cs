using System.Text;
using Core.Tests.Safety;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Loop;

public sealed class PresetCycleTests
{
    static readonly Request.Terminate EndVm1 = new("r1", "anna", "vm1");

    [Fact]
    public async Task Intents_are_stored_before_anything_is_sent()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        History? atCreate = null;
        web.Iaas.OnCreate = async (_, _) => atCreate = await web.StoredAsync();
        CycleReport report = await web.RunAsync();

        Assert.Equal(["list", "save acted", "terminate vm1", "create", "complete with state"], web.Log);
        Assert.Equal(web.Iaas.Requests[0].IntentId, Assert.Single(atCreate!.Intents).Id);
        Assert.NotNull(atCreate.Machines[0].Ending);
        Assert.Equal(CycleOutcome.Done, report.Outcome);
    }

    [Fact]
    public async Task At_rest_nothing_is_written_but_the_next_due_time()
    {
        using Stage web = await new Stage().SettledAsync();
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.AtRest, report.Outcome);
        Assert.Equal(["list", "complete"], web.Log);
    }

    [Fact]
    public async Task A_lease_that_was_lost_before_the_save_sends_nothing()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Store.OnSave = () => Task.FromResult(false);
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.LeaseLost, report.Outcome);
        Assert.Equal(["list", "save acted"], web.Log);
    }

    [Fact]
    public async Task A_save_that_hangs_is_given_up_when_the_lease_is_over_and_nothing_is_sent()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Store.OnSave = () => new TaskCompletionSource<bool>().Task;
        Task<CycleReport> run = web.RunAsync();
        web.Time.Advance(web.Preset.ManageExpire);

        Assert.Equal(CycleOutcome.LeaseLost, (await run).Outcome);
        Assert.DoesNotContain("terminate vm1", web.Log);
    }

    [Fact]
    public async Task A_look_up_that_hangs_is_given_up_after_a_lease_and_its_machine_holds_its_place()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Machines.RemoveAt(0);
        web.Iaas.OnFind = (_, _) => new TaskCompletionSource().Task;
        Task<CycleReport> run = web.RunAsync();
        web.Time.Advance(web.Preset.ManageExpire);
        CycleReport report = await run;

        Assert.Equal(3, report.Present);
        Assert.DoesNotContain("create", web.Log);
    }

    [Fact]
    public async Task A_renamed_preset_keeps_its_machines_and_its_memory_under_the_new_name()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Rename("shop");
        web.Iaas.Add("vm9", "other");
        CycleReport report = await web.RunAsync();

        Assert.Equal(("shop", 3, CycleOutcome.AtRest), (report.Preset, report.Present, report.Outcome));
        Assert.Equal("cloud", (await web.StoredAsync())!.Scope);
        web.Iaas.Change("vm1", VmState.Error);
        web.Time.Advance(web.Preset.ManageExpire); // whoever kept it as 'web' may act until then
        await web.RunAsync();
        Assert.Equal("shop", Assert.Single(web.Iaas.Requests).Preset);
        Assert.Equal(3, (await web.RunAsync()).Present);
    }

    [Fact]
    public async Task A_renamed_preset_makes_no_machine_while_the_lease_of_its_old_name_may_last()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Rename("shop");
        web.Iaas.Change("vm1", VmState.Error);
        CycleReport report = await web.RunAsync();

        Assert.Equal("no-memory", Assert.Single(report.Held).Brake);
        Assert.Empty(web.Iaas.Requests);
    }

    [Fact]
    public async Task A_count_that_falls_to_zero_ends_nothing_before_a_second_look_or_a_persons_word()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Preset = web.Preset with { Count = 0, ScaleIn = ScaleIn.Oldest };
        CycleReport report = await web.RunAsync();
        Assert.Equal((3, 3), (report.Present, report.Desired));
        Assert.Equal("source", Assert.Single(report.Held).Brake);

        await web.AskAsync(new Request.Confirm("r1", "anna"));
        Assert.Equal(0, (await web.RunAsync()).Desired);
        Assert.Equal(2, web.Iaas.Machines.Count);
    }

    [Fact]
    public async Task A_pause_needs_no_look_and_is_stored_with_its_answer()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.OnList = _ => throw new IaasException(IaasFailure.Unavailable, "down");
        await web.AskAsync(new Request.Pause("r1", "anna", null));
        await web.AskAsync(new Request.Manage("r2", "anna"));
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.Failed, report.Outcome);
        Assert.Equal([("r1", true), ("r2", false)], report.Answers.Select(answer => (answer.Request, answer.Done)));
        Assert.Equal(("anna", "r1"), ((await web.StoredAsync())!.Paused?.By, (await web.StoredAsync())!.Answers[0].Request));

        web.Iaas.OnList = _ => Task.CompletedTask;
        web.Iaas.Change("vm1", VmState.Error);
        Assert.Equal("pause", Assert.Single((await web.RunAsync()).Held).Brake);
        Assert.Equal(["list", "complete with state"], web.Log);
        await web.AskAsync(new Request.Resume("r3", "anna"));
        await web.RunAsync();
        Assert.Contains("terminate vm1", web.Log);
    }

    [Fact]
    public async Task A_store_that_fails_to_save_sends_nothing_and_keeps_what_is_stored()
    {
        using Stage web = await new Stage().SettledAsync();
        History? before = await web.StoredAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Store.OnSave = () => throw new IOException("disk full");
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.Failed, report.Outcome);
        Assert.Equal(["IOException: disk full"], report.Problems);
        Assert.Equal(["list", "save acted", "complete"], web.Log);
        Assert.Equal(HistoryCodec.EncodeBody(before!), HistoryCodec.EncodeBody((await web.StoredAsync())!));
    }

    [Fact]
    public async Task A_store_that_fails_to_complete_is_a_lost_lease_and_the_intents_are_in_doubt()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Store.OnComplete = () => throw new IOException("gone");
        CycleReport report = await web.RunAsync();
        Assert.Equal(CycleOutcome.LeaseLost, report.Outcome);
        Assert.Contains("gone", Assert.Single(report.Problems), StringComparison.Ordinal);

        web.Store.OnComplete = null;
        web.Iaas.OnCreate = (_, _) => throw new InvalidOperationException("no second create");
        web.Time.Advance(web.Preset.ManageExpire);
        await web.RunAsync();
        Assert.DoesNotContain("create", web.Log);
        Assert.Equal(3, web.Iaas.Machines.Count);
    }

    [Fact]
    public async Task A_complete_that_is_too_late_says_that_nothing_was_learned()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.OnList = _ =>
        {
            web.Time.Advance(web.Preset.ManageExpire);
            return Task.CompletedTask;
        };
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.LeaseLost, report.Outcome);
        Assert.Equal(["the lease was lost before this cycle ended: what it learned is not stored"], report.Problems);
    }

    [Fact]
    public async Task A_failed_list_acts_on_nothing_and_answers_the_requests()
    {
        using Stage web = await new Stage().SettledAsync();
        await web.AskAsync(EndVm1);
        web.Iaas.OnList = _ => throw new IaasException(IaasFailure.Unavailable, "503");
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.Failed, report.Outcome);
        Assert.Equal(["list", "complete with state, 1 request(s)"], web.Log);
        Assert.Equal(new Answer("r1", false, "the machines could not be listed: 503"), Assert.Single(report.Answers));
        Assert.Equal(report.Answers, (await web.StoredAsync())!.Answers);
    }

    [Fact]
    public async Task Looks_that_failed_for_more_than_three_intervals_hold_the_first_end_for_ill_health()
    {
        using Stage web = await new Stage(10).SettledAsync();
        web.Ill.Add("vm1");
        for (int i = 0; i < 6; i++) await web.RunAsync();
        web.Iaas.OnList = _ => throw new IaasException(IaasFailure.Unavailable, "503");
        for (int i = 0; i < 2; i++) await web.RunAsync();
        web.Iaas.OnList = _ => Task.CompletedTask;

        // The last good look is 33 s ago: more than 3 intervals of 10 s, though the first failed one is not.
        CycleReport report = await web.RunAsync();
        Assert.Equal("first-look", Assert.Single(report.Held).Brake);
        Assert.Contains((await web.RunAsync()).Steps, step => step.Vm == "vm1");
    }

    [Fact]
    public async Task Garbage_in_the_store_stops_this_preset_touches_nothing_and_answers_the_requests()
    {
        using Stage web = await new Stage().SettledAsync();
        PresetLease lease = await NextLeaseAsync(web);
        await web.Store.CompleteAsync(lease, "garbage"u8.ToArray(), TimeSpan.Zero, TestContext.Current.CancellationToken);
        await web.AskAsync(EndVm1);
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.Frozen, report.Outcome);
        Assert.Equal(["complete, 1 request(s)"], web.Log);
        Assert.Contains("repair or remove it", Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.False(Assert.Single(report.Answers).Done);
        VersionedDocument stored = (await web.Store.ReadAsync(["web"], TestContext.Current.CancellationToken))["web"];
        Assert.Equal("garbage", Encoding.UTF8.GetString(stored.Content.Span));
    }

    [Fact]
    public async Task An_unreadable_request_is_a_problem_and_the_others_are_answered()
    {
        using Stage web = await new Stage().SettledAsync();
        await web.Store.RequestAsync("web", "{}", TestContext.Current.CancellationToken);
        await web.AskAsync(EndVm1);
        CycleReport report = await web.RunAsync();

        Assert.Contains("a stored request can't be read", Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.Equal(new Answer("r1", true, "the IaaS has accepted the end of vm1"), Assert.Single(report.Answers));
        Assert.Equal(report.Answers, (await web.StoredAsync())!.Answers);
    }

    [Fact]
    public async Task Requests_of_a_cycle_that_is_given_up_wait_for_the_next()
    {
        using Stage web = await new Stage().SettledAsync();
        await web.AskAsync(EndVm1);
        using var stopping = new CancellationTokenSource();
        web.Iaas.OnList = token =>
        {
            stopping.Cancel();
            return Task.Delay(Timeout.Infinite, token);
        };
        CycleReport report = await web.RunUntilAsync(stopping.Token);
        Assert.Equal(["given up: this instance is stopping"], report.Problems);
        Assert.Equal(["list", "complete"], web.Log);

        web.Iaas.OnList = _ => Task.CompletedTask;
        web.Time.Advance(TimeSpan.FromMinutes(3)); // the list that was waited for is given up too
        Assert.Contains((await web.RunAsync()).Answers, answer => answer is { Request: "r1", Done: true });
    }

    [Fact]
    public async Task A_refused_end_is_answered_with_the_reason()
    {
        using Stage web = await new Stage().SettledAsync();
        await web.AskAsync(EndVm1);
        web.Iaas.OnTerminate = (_, _) => throw new IaasException(IaasFailure.Rejected, "vm1 is locked");
        CycleReport report = await web.RunAsync();

        Assert.Equal(CycleOutcome.DoneWithFailures, report.Outcome);
        Assert.Equal(new Answer("r1", false, "vm1 is locked"), Assert.Single(report.Answers));
    }

    [Fact]
    public async Task Without_its_userdata_nothing_is_created_and_ends_go_on()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Userdata.Answer = new RenderedUserdata(null, "web.conf:7: 'colour' is undefined");
        CycleReport report = await web.RunAsync();

        Assert.Equal(["list", "save acted", "terminate vm1", "complete with state"], web.Log);
        Hold first = Assert.Single(report.Held);
        Assert.Equal(("userdata", "web.conf:7: 'colour' is undefined"), (first.Brake, first.Reason));
        await web.RunAsync();
        Assert.Equal(first.Since, Assert.Single((await web.RunAsync()).Held).Since);
    }

    [Fact]
    public async Task A_lease_half_spent_is_renewed_before_acting()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        SpendHalfOfTheLeaseOnTheList(web);
        await web.RunAsync();

        Assert.Equal(["list", "renew", "save acted", "terminate vm1", "create", "complete with state"], web.Log);
    }

    [Fact]
    public async Task A_renewal_that_hangs_is_given_up_when_the_lease_is_over_and_nothing_is_sent()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        SpendHalfOfTheLeaseOnTheList(web);
        web.Store.OnRenew = () => new TaskCompletionSource<IReadOnlyList<bool>>().Task;
        Task<CycleReport> run = web.RunAsync();
        Assert.Contains("renew", web.Log);
        web.Time.Advance(web.Preset.ManageExpire);

        Assert.Equal(CycleOutcome.LeaseLost, (await run).Outcome);
        Assert.DoesNotContain("terminate vm1", web.Log);
    }

    [Fact]
    public async Task A_look_begun_before_the_last_act_does_not_serve()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        await web.RunAsync();
        PresetLease? lease = await web.ClaimAsync();
        Assert.Null(lease);

        // Made due at once: the list of the cycle that acted is young, but older than the act.
        await web.AskAsync(new Request.Manage("r1", "anna"));
        lease = await web.ClaimAsync();
        web.Log.Clear();
        await web.RunAsync(lease!, web.Time.GetTimestamp());
        Assert.Equal("list", web.Log[0]);
    }

    [Fact]
    public async Task A_machine_that_the_list_lacks_is_looked_up_before_one_is_created_for_it()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Machines.RemoveAt(0);
        web.Iaas.OnFind = (_, _) => throw new IaasException(IaasFailure.Unavailable, "503");
        await web.RunAsync();
        Assert.Equal(["list", "find vm1", "complete with state"], web.Log);

        web.Iaas.OnFind = (_, _) => Task.CompletedTask;
        await web.RunAsync();
        Assert.Equal(["list", "find vm1", "save acted", "create", "complete with state"], web.Log);
    }

    [Fact]
    public async Task Failures_survive_the_process()
    {
        using Stage web = await new Stage(10).SettledAsync();
        web.Ill.Add("vm1");
        for (int i = 0; i < 6; i++) await web.RunAsync();
        web.Memory.Forget("web"); // decoded anew, from the store

        Assert.Contains("terminate vm1", (await web.RunAsync()).Steps.Select(step => $"terminate {step.Vm}"));
    }

    static void SpendHalfOfTheLeaseOnTheList(Stage web) => web.Iaas.OnList = _ =>
    {
        web.Time.Advance(TimeSpan.FromSeconds(50));
        return Task.CompletedTask;
    };

    static async Task<PresetLease> NextLeaseAsync(Stage web)
    {
        web.Time.Advance(Given.Interval + TimeSpan.FromSeconds(1));
        return (await web.ClaimAsync())!;
    }
}
