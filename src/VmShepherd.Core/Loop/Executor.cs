using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>What came of the steps.</summary>
sealed record Execution(History History, IReadOnlyList<StepResult> Steps, IReadOnlyList<Answer> Answers);

/// <summary>
/// Carries out the steps of an announced plan, one after another, ends first. One failure never stops the rest. Acting ends when the lease allows no more (G18)
/// or the process is stopping: then between two steps. What was not sent is as if it had never been announced.
/// </summary>
sealed class Executor(SteadyClock clock, Metrics metrics)
{
    static readonly TimeSpan FirstStop = TimeSpan.FromSeconds(30), LongestStop = TimeSpan.FromMinutes(10);

    /// <summary>How long a call on its way may still take when the process is stopping.</summary>
    static readonly TimeSpan LastCall = TimeSpan.FromSeconds(10);

    /// <param name="iaas">Whom to ask.</param>
    /// <param name="plan">As planned, before the announcement.</param>
    /// <param name="announced">As announced and saved.</param>
    /// <param name="requests">One for each machine to create; its intent is among the announced ones.</param>
    /// <param name="guard">The lease.</param>
    /// <param name="specHash">Of what is created.</param>
    /// <param name="stopping">The process ends.</param>
    public async Task<Execution> RunAsync(IaasAccess iaas, Plan plan, History announced, IReadOnlyList<VmRequest> requests, LeaseGuard guard, string specHash, CancellationToken stopping)
    {
        var run = new Run(iaas, plan, announced, guard, specHash, stopping);
        using CancellationTokenSource deadline = guard.Deadline();
        await using CancellationTokenRegistration hurry = stopping.UnsafeRegister(_ => deadline.CancelAfter(guard.AtMost(LastCall)), null);
        foreach (Step.Terminate step in plan.Steps.OfType<Step.Terminate>()) await EndAsync(run, step, deadline.Token);

        string reason = plan.Steps.OfType<Step.Create>().FirstOrDefault()?.Reason ?? "";
        foreach (VmRequest request in requests) await CreateAsync(run, request, new Step.Create(1, reason), deadline.Token);
        return new Execution(run.History, run.Results, run.Answers);
    }

    /// <summary>What one run gathers.</summary>
    sealed class Run(IaasAccess iaas, Plan plan, History announced, LeaseGuard guard, string specHash, CancellationToken stopping)
    {
        public IaasAccess Iaas { get; } = iaas;
        public Plan Plan { get; } = plan;
        public LeaseGuard Guard { get; } = guard;
        public string SpecHash { get; } = specHash;
        public History History { get; set; } = announced;
        public List<StepResult> Results { get; } = [];
        public List<Answer> Answers { get; } = [];

        /// <summary>Why no further step may be sent; null = it may.</summary>
        public string? Stop => stopping.IsCancellationRequested ? "not sent: this instance is stopping"
            : !Guard.MayAct ? "not sent: two thirds of the lease are over" : null;

        /// <summary>Creates are not tried any more in this cycle: the IaaS said that it has no room, or no mind, for them.</summary>
        public string? NoMoreCreates { get; set; }
    }

    async Task EndAsync(Run run, Step.Terminate step, CancellationToken deadline)
    {
        if (run.Stop is { } stop)
        {
            run.History = Effects.NotEnded(run.History, step, run.Plan.Next);
            Report(run, new StepResult(step, step.Vm, null, stop));
            return;
        }

        try
        {
            await run.Iaas.TerminateAsync(new VmTermination(step.Vm, run.Guard.Lease.Preset, run.Guard.Lease.Token.ToString()) { SendBefore = run.Guard.SendBefore }, deadline);
            run.History = Effects.Ended(run.History, step, clock.Now);
            Report(run, new StepResult(step, step.Vm, null, null));
        }
        catch (IaasException e)
        {
            // An end whose answer is lost stays announced: it may have happened, and must not be paid for twice.
            if (!e.EffectUnknown) run.History = Effects.NotEnded(run.History, step, run.Plan.Next);
            Report(run, new StepResult(step, step.Vm, e.Failure, e.Message));
        }
        catch (OperationCanceledException)
        {
            run.History = Effects.NotEnded(run.History, step, run.Plan.Next);
            Report(run, new StepResult(step, step.Vm, null, "not sent: no time was left"));
        }
    }

    async Task CreateAsync(Run run, VmRequest request, Step.Create step, CancellationToken deadline)
    {
        if ((run.Stop ?? run.NoMoreCreates) is { } stop)
        {
            run.History = Effects.NotCreated(run.History, request.IntentId);
            Report(run, new StepResult(step, null, null, stop));
            return;
        }

        try
        {
            string vm = await run.Iaas.CreateAsync(request with { SendBefore = run.Guard.SendBefore }, deadline);
            run.History = Effects.Created(run.History, request.IntentId, vm, clock.Now);
            Report(run, new StepResult(step, vm, null, null));
        }
        catch (IaasException e)
        {
            run.History = e.EffectUnknown ? Effects.CreateLost(run.History, request.IntentId, clock.Now) : Effects.NotCreated(run.History, request.IntentId);
            React(run, e);
            Report(run, new StepResult(step, null, e.Failure, e.Message));
        }
        catch (OperationCanceledException)
        {
            run.History = Effects.NotCreated(run.History, request.IntentId);
            Report(run, new StepResult(step, null, null, "not sent: no time was left"));
        }
    }

    void React(Run run, IaasException e)
    {
        CreateStop? before = run.History.CreateStop; // none after a create of this very run that succeeded
        int tries = before?.Failure == e.Failure ? before.Tries + 1 : 1;
        switch (Reactions.To(e.Failure))
        {
            case Reaction.StopCreating:
                TimeSpan wait = FirstStop * Math.Pow(2, Math.Min(tries - 1, 10));
                run.History = run.History with { CreateStop = new CreateStop(e.Failure, e.Message, tries, clock.Now + (wait < LongestStop ? wait : LongestStop), null) };
                run.NoMoreCreates = $"not sent: {e.Failure}";
                break;
            case Reaction.StopCreatingThisSpec:
                run.History = run.History with { CreateStop = new CreateStop(e.Failure, e.Message, tries, clock.Now + LongestStop, run.SpecHash) };
                run.NoMoreCreates = $"not sent: {e.Failure}";
                break;
            case Reaction.BackOff or Reaction.BackOffAccount:
                run.NoMoreCreates = $"not sent: {e.Failure}";
                break;
        }
    }

    void Report(Run run, StepResult result)
    {
        run.Results.Add(result);
        bool sent = result.Failure is not null || result.Problem is null;
        if (result.Step is not Step.Terminate step)
        {
            if (sent) metrics.Acted("create", null, result.Failure);
            return;
        }

        if (sent) metrics.Acted("terminate", step.Cause, result.Failure);
        if (step.Request is { } request)
            run.Answers.Add(new Answer(request.Id, result.Problem is null, result.Problem ?? $"the IaaS has accepted the end of {step.Vm}"));
    }
}
