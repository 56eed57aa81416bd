using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>One manage run of one preset: observe, decide, limit, act, save. Every failure is part of the report; only cancellation escapes.</summary>
sealed class PresetCycle(string instance, IRuntimeDriver runtime, SteadyClock clock, Memory memory, InstanceWatch watch, HealthChecks checks, Executor executor, IUserdataRenderer userdata)
{
    /// <summary>A list serves a preset only if it was begun this much later than the last act on it, by anybody.</summary>
    static readonly TimeSpan ActMargin = TimeSpan.FromMilliseconds(100);

    /// <summary>Machines looked up by id in one cycle; the others hold their places until their turn.</summary>
    const int MaxLookups = 100;

    /// <summary>How long giving a lease back may take when the process is stopping.</summary>
    static readonly TimeSpan LastSave = TimeSpan.FromSeconds(10);

    long _intents;

    public async Task<CycleReport> RunAsync(CycleInput input, PresetLease lease, long claimSentAt, CancellationToken stopping)
    {
        DateTimeOffset started = clock.Now;
        var guard = new LeaseGuard(clock.Time, lease, claimSentAt);
        CycleReport report;
        History? next;
        (List<Request> requests, List<string> problems) = Decode(lease.Requests);
        try
        {
            (report, next) = await ManageAsync(input, guard, requests, stopping);
            report = report with { Problems = [.. problems, .. report.Problems] };
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            (report, next) = (Report(input, CycleOutcome.Failed) with { Problems = ["given up: this instance is stopping"] }, null);
        }
        catch (Exception e)
        {
            // A broken invariant, or the store, stops this preset, and no other.
            memory.Forget(input.Preset.Name);
            string problem = $"{e.GetType().Name}: {e.Message}";
            (report, next) = (Report(input, CycleOutcome.Failed) with { Problems = [.. problems, problem], Answers = Refused(requests, problem) }, null);
        }

        if (userdata.KnownProblem(input.Preset) is { } wrong && !report.Held.Any(hold => hold.Brake == "userdata"))
            report = report with { Problems = [.. report.Problems, $"no machine could be created: {wrong}"] };
        string? lost = await CompleteAsync(input, guard, next, report, stopping);
        return report with
        {
            Outcome = lost is null ? report.Outcome : CycleOutcome.LeaseLost,
            Problems = lost is null ? report.Problems : [.. report.Problems, lost],
            // What could not be stored is still asked for: whoever claims next will answer it.
            Answers = lost is null ? report.Answers : [.. report.Answers.Where(answer => answer.Done)],
            Notes = lease.CleanHandover ? report.Notes : [.. report.Notes, "taken over: the last holder did not give its lease back"],
            Started = started,
            Took = clock.Now - started,
            Token = lease.Token,
        };
    }

    /// <summary>What would be done now. Looks and checks; writes and sends nothing.</summary>
    /// <param name="input">Of the preset.</param>
    /// <param name="stored">Its memory; null = the store has none.</param>
    /// <param name="problems">What is known to be wrong with it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<PresetPlan> PreviewAsync(CycleInput input, VersionedDocument? stored, IReadOnlyList<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            History past = stored is null ? new History(clock.Now) : HistoryCodec.Decode(stored.Content.Span, stored.Age, instance, clock.Now);
            past = input.Weigh(past, [], instance, runtime.IsShared, clock.Now);
            input = input.Keeping(past);
            var looking = new PresetLease(input.Preset.Name, default, TimeSpan.Zero) { SinceActed = TimeSpan.Zero, SinceCompleted = stored?.Age };
            Observation seen = await ObserveAsync(input, looking, past, [], cancellationToken);
            Plan plan = watch.Preview(Planner.Decide(input.Preset, seen, past, clock.Now), input.Preset, seen, past, input.Settings);
            if (stored is null) plan = plan with { Notes = [.. plan.Notes, "history is missing: the store has no state of this preset, so failures, doubts and holds of the past are not known"] };
            return new PresetPlan(input.Preset.Name, input.Preset.Count, plan, problems);
        }
        catch (Exception e) when (e is IaasException or InvalidDataException)
        {
            return new PresetPlan(input.Preset.Name, input.Preset.Count, null, [.. problems, e.Message]);
        }
    }

    /// <summary>
    /// Looks and checks while the store is out of reach. Memory is what this process knew last, and stays as it is: what fails now does not count, and the first cycle after it
    /// is a first look again (G14). Writes and sends nothing.
    /// </summary>
    /// <param name="input">Of the preset.</param>
    /// <param name="problem">Why no more than that.</param>
    /// <param name="over">The store answers again.</param>
    /// <returns>The report; blind = the machines could not be listed.</returns>
    public async Task<(CycleReport Report, bool IsBlind)> LookOnlyAsync(CycleInput input, string problem, CancellationToken over)
    {
        DateTimeOffset started = clock.Now;
        History past = memory.Recall(input.Preset.Name) ?? new History(started);
        input = input.Keeping(past);
        CycleReport report = Report(input, CycleOutcome.Failed) with { Started = started, Problems = [problem] };
        try
        {
            Observation seen = await ObserveAsync(input, new PresetLease(input.Preset.Name, default, input.Preset.ManageExpire), past, [], over);
            Plan plan = Planner.Decide(input.Preset, seen, past, clock.Now);
            report = ReferenceEquals(plan, past.Rest) ? report with { Present = plan.Present, Machines = AtRest(seen) } : report.With(plan);
            Hold[] held = [.. report.Held.Select(hold => hold with { Since = Array.Find(past.Holds, known => known.Brake == hold.Brake)?.Since ?? started })];
            return (report with { Held = held, Took = clock.Now - started }, false);
        }
        catch (Exception e) when (!over.IsCancellationRequested)
        {
            return (report with { Took = clock.Now - started, Problems = [problem, e is IaasException failed ? NotListed(failed) : $"{e.GetType().Name}: {e.Message}"] }, true);
        }
    }

    /// <summary>
    /// Gives a lease back without a look: the preset is not in force any more, or its drivers can't be made. Its requests go with it: waiting ones would make it due
    /// at once, again and again.
    /// </summary>
    public async Task GiveBackAsync(PresetLease lease, TimeSpan dueIn)
    {
        using var limit = new CancellationTokenSource(LastSave, clock.Time);
        await runtime.CompleteAsync(lease, null, dueIn, limit.Token).WaitAsync(limit.Token);
    }

    /// <summary>The report of a preset whose drivers can't be made.</summary>
    public CycleReport Unmanageable(Preset preset, string problem, PresetLease lease) => new()
    {
        Preset = preset.Name,
        Outcome = CycleOutcome.Failed,
        Started = clock.Now,
        Instance = instance,
        Token = lease.Token,
        Origin = preset.Origin,
        Revision = preset.Revision,
        Desired = preset.Count,
        Problems = [problem],
        Answers = Refused(Decode(lease.Requests).Requests, problem),
    };

    static (List<Request> Requests, List<string> Problems) Decode(IReadOnlyList<string> stored)
    {
        List<Request> requests = [];
        List<string> problems = [];
        foreach (string text in stored)
        {
            try
            {
                requests.Add(HistoryCodec.DecodeRequest(text));
            }
            catch (InvalidDataException e)
            {
                problems.Add(e.Message);
            }
        }

        return (requests, problems);
    }

    static Answer[] Refused(List<Request> requests, string why) => [.. requests.Select(request => new Answer(request.Id, false, why))];

    async Task<(CycleReport, History?)> ManageAsync(CycleInput input, LeaseGuard guard, List<Request> requests, CancellationToken stopping)
    {
        History past;
        try
        {
            past = input.Weigh(await RecallAsync(input.Preset, guard.Lease, stopping), requests, instance, runtime.IsShared, clock.Now);
        }
        catch (InvalidDataException e)
        {
            return (Report(input, CycleOutcome.Frozen) with { Problems = [e.Message], Answers = Refused(requests, e.Message) }, null);
        }

        input = input.Keeping(past);

        Observation seen;
        try
        {
            seen = await ObserveAsync(input, guard.Lease, past, requests, stopping);
        }
        catch (IaasException e)
        {
            // Not looking is remembered too: failures before and after it are not in a row (G14).
            Answer[] answers = RequestAnswers.WithoutALook(requests, input.Preset, $"the machines could not be listed: {e.Message}");
            History blind = past with { BlindSince = past.BlindSince ?? (clock.Now - guard.Lease.SinceCompleted.GetValueOrDefault()) };
            return (Report(input, CycleOutcome.Failed) with { Problems = [NotListed(e)], Answers = answers }, Effects.Answered(blind, answers));
        }

        Plan plan = Planner.Decide(input.Preset, seen, past, clock.Now);
        plan = watch.Limit(plan, input.Preset, seen, past, input.Settings);
        if (ReferenceEquals(plan, past.Rest)) return (Report(input, CycleOutcome.AtRest) with { Present = plan.Present, Machines = AtRest(seen) }, past);
        return await ActAsync(input, guard, past, plan, stopping);
    }

    /// <summary>
    /// What is remembered; of a renamed preset, under its new name for the first time, what was remembered under the old one. Whoever managed it as that may go on acting
    /// for a lease: creates wait until a list shows what came of it (G3).
    /// </summary>
    async Task<History> RecallAsync(Preset preset, PresetLease lease, CancellationToken stopping)
    {
        History past = memory.Load(lease);
        if (lease.State is not null || preset.PreviousNames.Count == 0) return past;

        IReadOnlyDictionary<string, VersionedDocument> stored = await runtime.ReadAsync(preset.PreviousNames, stopping);
        if (preset.PreviousNames.Select(stored.GetValueOrDefault).FirstOrDefault(document => document is not null) is { } old)
            past = HistoryCodec.Decode(old.Content.Span, old.Age, instance, clock.Now) with { Applied = null }; // that was another source
        return past with { BornAt = clock.Now + lease.Duration };
    }

    async Task<Observation> ObserveAsync(CycleInput input, PresetLease lease, History past, List<Request> requests, CancellationToken stopping)
    {
        // Whatever was done to this preset before must be older than the list; the lease sees to it that nothing is done meanwhile.
        DateTimeOffset notBefore = SinceLastAct(lease) is { } acted ? clock.Now - acted + ActMargin : DateTimeOffset.MinValue;
        Look look = await input.Iaas.LookAsync(input.SharedWith, notBefore, stopping);
        IReadOnlyList<Vm> vms = look.MachinesOf(input.Preset);
        TimeSpan grace = input.Preset.Limits.VisibilityGrace ?? input.Iaas.VisibilityGrace;
        IReadOnlyList<string> unseen = look.Scope == (past.Scope ?? look.Scope) ? Recollection.NeedsLookup(past, vms, look.Begun, grace) : [];
        var seen = new Observation(look.Scope, look.Begun, vms, await checks.CheckAsync(input.Healthcheck, vms, stopping))
        {
            SinceLastLook = lease.SinceCompleted,
            Requests = requests,
            VisibilityGrace = grace,
            Installation = input.Settings.Installation,
            Interval = input.Interval,
        };
        return unseen.Count == 0 ? seen : seen with { LookedUp = await LookUpAsync(input.Iaas, unseen, lease.Duration, stopping) };
    }

    /// <summary>Acts are announced before they are sent, and may go out for a lease after that, or until the run was completed.</summary>
    static TimeSpan? SinceLastAct(PresetLease lease) =>
        lease is { SinceActed: { } acted, SinceCompleted: { } completed } && acted - completed <= lease.Duration && completed < acted ? completed : lease.SinceActed;

    /// <summary>What is not looked up within a lease holds its place until the next cycle: a look-up that hangs must not hold up the lane for ever.</summary>
    async Task<IReadOnlyDictionary<string, Vm?>> LookUpAsync(IaasAccess iaas, IReadOnlyList<string> ids, TimeSpan patience, CancellationToken stopping)
    {
        using var limit = new Deadline(patience, clock.Time, stopping);
        Dictionary<string, Vm?> found = new(StringComparer.Ordinal);
        foreach (string id in ids.Take(MaxLookups))
        {
            try
            {
                found[id] = await iaas.FindAsync(id, limit.Token);
            }
            catch (IaasException)
            {
                // Not known is not gone: the planner sees that this id has no answer, and the machine holds its place.
                continue;
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                break;
            }
        }

        return found;
    }

    async Task<(CycleReport, History?)> ActAsync(CycleInput input, LeaseGuard guard, History past, Plan plan, CancellationToken stopping)
    {
        (plan, string? text, IReadOnlyList<string> unfit) = await PrepareCreatesAsync(input.Preset, past, plan, stopping);
        if (plan.Steps.Count == 0) return (Report(input, Outcome(plan, [])).With(plan) with { Notes = [.. plan.Notes, .. unfit], Answers = plan.Answers }, Effects.Answered(plan.Next, plan.Answers));

        if (guard.IsHalfSpent) await RenewAsync(guard, stopping);
        string[] intents = [.. plan.Steps.OfType<Step.Create>().SelectMany(step => Enumerable.Range(0, step.Count)).Select(_ => $"{instance}-{Interlocked.Increment(ref _intents)}")];
        History announced = Effects.Announce(plan.Next, plan.Steps, intents, clock.Now);
        Task<bool> saving = runtime.SaveAsync(guard.Lease, memory.Document(input.Preset.Name, announced), acted: true, stopping);
        if (!await saving.WaitAsync(guard.AtMost(guard.Lease.Duration), clock.Time, stopping)) // a store that hangs must not hold up the lane for longer than there is a lease
        {
            memory.Forget(input.Preset.Name);
            return (Report(input, CycleOutcome.LeaseLost).With(plan) with { Notes = plan.Notes, Problems = ["another instance holds this preset now: nothing was sent"] }, plan.Next);
        }

        VmRequest[] requests = [.. intents.Select(intent => CreateRequests.Of(input.Preset, intent, guard.Lease.Token, input.Settings.Installation, text))];
        Execution done = await executor.RunAsync(input.Iaas, plan, announced, requests, guard, input.Preset.SpecHash, stopping);
        Answer[] answers = [.. plan.Answers, .. done.Answers];
        return (Report(input, Outcome(plan, done.Steps)).With(plan).WithCreated(done.Steps, clock.Now) with { Steps = done.Steps, Notes = [.. plan.Notes, .. unfit], Answers = answers }, Effects.Answered(done.History, answers));
    }

    /// <summary>Without its userdata no machine is created; everything else goes on.</summary>
    async Task<(Plan Plan, string? Userdata, IReadOnlyList<string> Unfit)> PrepareCreatesAsync(Preset preset, History past, Plan plan, CancellationToken stopping)
    {
        if (!plan.Steps.Any(step => step is Step.Create)) return (plan, null, []);
        RenderedUserdata rendered = await userdata.RenderAsync(preset, stopping);
        if (rendered.Problem is { } problem)
        {
            DateTimeOffset since = Array.Find(past.Holds, hold => hold.Brake == "userdata")?.Since ?? clock.Now;
            plan = plan with { Next = plan.Next with { Holds = [.. plan.Next.Holds, new HoldSince("userdata", since)] } };
            return (plan.Without(step => step is Step.Create, new Hold("userdata", problem, "the userdata is mended") { Since = since }), null, []);
        }

        return (plan, rendered.Text, [.. CreateRequests.Unfit(preset)]);
    }

    async Task RenewAsync(LeaseGuard guard, CancellationToken stopping)
    {
        long sentAt = clock.Time.GetTimestamp();
        Task<IReadOnlyList<bool>> renewing = runtime.RenewAsync([guard.Lease], guard.Lease.Duration, stopping);
        if ((await renewing.WaitAsync(guard.HeldFor, clock.Time, stopping))[0]) guard.Renewed(sentAt);
    }

    /// <summary>Why what was learned is not stored; null = it is, and the lease is given back.</summary>
    async Task<string?> CompleteAsync(CycleInput input, LeaseGuard guard, History? next, CycleReport report, CancellationToken stopping)
    {
        if (report.Outcome == CycleOutcome.LeaseLost) return null; // said already

        // Not tied to the process's stopping: what was done must be stored, and the lease given back.
        using var limit = new CancellationTokenSource(LastSave, clock.Time);
        try
        {
            // A cycle that was given up has answered nobody: the requests wait for whoever comes next.
            ReadOnlyMemory<byte>? state = next is null ? null : memory.Encode(input.Preset.Name, next);
            PresetLease lease = next is null && stopping.IsCancellationRequested ? guard.Lease with { Requests = [] } : guard.Lease;
            if (await runtime.CompleteAsync(lease with { Yields = Yields(report) }, state, input.Interval, limit.Token).WaitAsync(limit.Token)) return null;
            memory.Forget(input.Preset.Name);
            return "the lease was lost before this cycle ended: what it learned is not stored";
        }
        catch (Exception e)
        {
            memory.Forget(input.Preset.Name);
            return $"the store failed when the lease was to be given back, what this cycle learned is not stored: {e.Message}";
        }
    }

    static string NotListed(IaasException e) => $"the machines could not be listed ({e.Failure}): {e.Message}";

    /// <summary>Blind, logged in elsewhere, behind the others or suspecting itself: an instance that is better off may take its place.</summary>
    static bool Yields(CycleReport report) =>
        report.Outcome is CycleOutcome.Failed or CycleOutcome.Frozen || report.Held.Any(hold => hold.Brake is "revision" or "self-suspicion");

    static CycleOutcome Outcome(Plan plan, IReadOnlyList<StepResult> steps) =>
        plan.IsFrozen ? CycleOutcome.Frozen
        : steps.Any(step => step.Problem is not null) ? CycleOutcome.DoneWithFailures
        : plan.Held.Count > 0 ? CycleOutcome.Held
        : CycleOutcome.Done;

    CycleReport Report(CycleInput input, CycleOutcome outcome) => new()
    {
        Preset = input.Preset.Name,
        Outcome = outcome,
        Started = clock.Now,
        Instance = instance,
        Origin = input.Preset.Origin,
        Revision = input.Preset.Revision,
        Desired = input.Preset.Count,
    };

    static MachineReport[] AtRest(Observation seen) => [.. seen.Vms.Select(vm => new MachineReport(vm, "running", Classifier.Fine))];
}
