using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <summary>What must be remembered of one preset between two cycles: stored under the lease, immutable. Times are steady (<see cref="SteadyClock"/>).</summary>
public sealed record History
{
    /// <summary>When this memory began, because the store had none (G3).</summary>
    public required DateTimeOffset BornAt { get; init; }

    /// <summary>Where the IaaS driver was logged in when machines were last managed (G4); null = not seen yet.</summary>
    public string? Scope { get; init; }

    /// <summary>When the last look before the failing ones ended (G14); null = the last one succeeded.</summary>
    public DateTimeOffset? BlindSince { get; init; }

    /// <summary>Every machine of ours seen and not yet ruled out, in the order of the last list.</summary>
    public MachineRecord[] Machines { get; init; } = [];

    /// <summary>Creates announced and not yet seen or ruled out (G2). Each occupies a slot.</summary>
    public Intent[] Intents { get; init; } = [];

    /// <summary>Machines ended under the pace and not yet succeeded by one that passed (G7, G9), oldest first.</summary>
    public Debt[] Debts { get; init; } = [];

    /// <summary>Many died at one look (G6); null = no.</summary>
    public SuddenDeath? SuddenDeath { get; init; }

    /// <summary>Ill health ends nothing but single probes (G7); null = it may.</summary>
    public MassFailure? MassFailure { get; init; }

    /// <summary>Machines that died before they ever passed (G13); null = the last new one passed.</summary>
    public CrashLoop? CrashLoop { get; init; }

    /// <summary>The IaaS refused creates (G19); null = it did not.</summary>
    public CreateStop? CreateStop { get; init; }

    /// <summary>How many machines are kept; null = nobody has kept any yet.</summary>
    public int? Count { get; init; }

    /// <summary>The version by which machines were last created and ended (G17); null = none yet.</summary>
    public AppliedVersion? Applied { get; init; }

    /// <summary>The source wants so different a count that it may be a mistake (G17); null = it does not.</summary>
    public CountChange? CountChange { get; init; }

    /// <summary>It looks like a preset that vanished when this one came (G17); null = like none.</summary>
    public LookAlike? LookAlike { get; init; }

    /// <summary>A person has paused this preset (G20); null = nobody has.</summary>
    public Paused? Paused { get; init; }

    /// <summary>Which brakes hold, and since when.</summary>
    public HoldSince[] Holds { get; init; } = [];

    /// <summary>What became of the latest requests of people, oldest first.</summary>
    public Answer[] Answers { get; init; } = [];

    /// <summary>How many answers are kept: enough for a caller who waits seconds for its own.</summary>
    public const int MaxAnswers = 20;

    /// <summary>Nothing is open: the shortcut of the planner need not look further than the machines.</summary>
    internal bool IsCalm => _calm ??= BlindSince is null && Intents.Length == 0 && Debts.Length == 0 && SuddenDeath is null
        && MassFailure is null && CrashLoop is null && CreateStop is null && CountChange is null && Paused is null && LookAlike is not { IsConfirmed: false } && Holds.Length == 0 && Array.TrueForAll(Machines, m => m.IsCalm);

    /// <summary>The plan of a preset at rest: made once for each history, so that rest costs nothing.</summary>
    internal Plan Rest => _rest ??= new Plan { Next = this, Present = Machines.Length };

    bool? _calm;
    Plan? _rest;

    /// <summary>The copies of a `with` expression are other histories: what was derived from this one does not go along.</summary>
    History(History original)
    {
        BornAt = original.BornAt;
        Scope = original.Scope;
        BlindSince = original.BlindSince;
        Machines = original.Machines;
        Intents = original.Intents;
        Debts = original.Debts;
        SuddenDeath = original.SuddenDeath;
        MassFailure = original.MassFailure;
        CrashLoop = original.CrashLoop;
        CreateStop = original.CreateStop;
        Count = original.Count;
        Applied = original.Applied;
        CountChange = original.CountChange;
        LookAlike = original.LookAlike;
        Paused = original.Paused;
        Holds = original.Holds;
        Answers = original.Answers;
    }

    /// <summary>An empty memory, born now.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public History(DateTimeOffset bornAt) => BornAt = bornAt;

    /// <summary>For the reader of stored documents.</summary>
    public History()
    {
    }
}

/// <summary>One machine of ours.</summary>
/// <param name="Id">The IaaS's id.</param>
/// <param name="FirstSeen">When it was first listed.</param>
public sealed record MachineRecord(string Id, DateTimeOffset FirstSeen)
{
    /// <summary>The intent it was created by; null = adopted.</summary>
    public string? Intent { get; init; }

    /// <summary>Since when it is pending without a break (G12).</summary>
    public DateTimeOffset? PendingSince { get; init; }

    /// <summary>When its start-up began (G11): first seen running; for an adopted one, when it was created.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Whether it ever passed a check (without a check: whether it ever ran).</summary>
    public bool HasPassed { get; init; }

    /// <summary>Failed checks since the last one that passed.</summary>
    public FailedChecks? Failures { get; init; }

    /// <summary>Since when it is dead (G6).</summary>
    public DateTimeOffset? DeadSince { get; init; }

    /// <summary>When the first of the lists was begun that all lack it (G5).</summary>
    public DateTimeOffset? MissingSince { get; init; }

    /// <summary>Its end was announced, perhaps accepted.</summary>
    public Ending? Ending { get; init; }

    /// <summary>The IaaS has accepted its end: it is not present any more, whatever the list still shows.</summary>
    public bool IsLeaving => Ending is { AcceptedAt: not null };

    internal bool IsCalm => HasPassed && PendingSince is null && Failures is null && DeadSince is null && MissingSince is null && Ending is null;
}

/// <param name="Count">Failed checks, one after another (unknown ones apart).</param>
/// <param name="Since">When the first of them failed.</param>
public sealed record FailedChecks(int Count, DateTimeOffset Since);

/// <summary>Why a machine is ended. What a brake may hold depends on it.</summary>
public enum Cause
{
    /// <summary>The IaaS says it is dead, or it never started (G12).</summary>
    Dead,

    /// <summary>Its checks fail.</summary>
    IllHealth,

    /// <summary>There are more than the preset wants.</summary>
    ScaleIn,

    /// <summary>A person asked for it.</summary>
    Requested,
}

/// <param name="Cause">Why.</param>
/// <param name="AskedAt">When the end was announced, before it was sent.</param>
/// <param name="AcceptedAt">When the IaaS accepted; null = no answer yet, so it still holds its place.</param>
/// <param name="By">Who asked, when a person did.</param>
public sealed record Ending(Cause Cause, DateTimeOffset AskedAt, DateTimeOffset? AcceptedAt, string? By);

/// <summary>A create, announced before it was sent.</summary>
/// <param name="Id">In the machine's metadata.</param>
/// <param name="SavedAt">When it was announced.</param>
public sealed record Intent(string Id, DateTimeOffset SavedAt)
{
    /// <summary>The machine's id, when the create was answered.</summary>
    public string? Vm { get; init; }

    /// <summary>When the create was answered, or its answer lost, or a later holder found it unanswered; null = just announced.</summary>
    public DateTimeOffset? SettlesFrom { get; init; }
}

/// <summary>A machine ended under the pace whose place has not been taken by one that passed.</summary>
/// <param name="Vm">The machine that was ended.</param>
/// <param name="At">When.</param>
/// <param name="Cause">Why.</param>
/// <param name="Successor">The intent of the machine that is to take its place, or the id of one that was adopted; null = none yet.</param>
public sealed record Debt(string Vm, DateTimeOffset At, Cause Cause, string? Successor);

/// <param name="Since">The look that found them dead.</param>
/// <param name="Vms">Which.</param>
/// <param name="Confirmed">A second look, at least a minute later, agreed: they may go, under the pace.</param>
public sealed record SuddenDeath(DateTimeOffset Since, string[] Vms, bool Confirmed);

/// <param name="Since">When the hold began.</param>
/// <param name="Wait">From the last probe to the next one, unless its successor passes before.</param>
/// <param name="ProbedAt">When one machine was last let go; null = none yet.</param>
/// <param name="Probed">The machine in whose name its place is owed (<see cref="Debt.Vm"/>); null = none yet, or nobody will succeed it.</param>
public sealed record MassFailure(DateTimeOffset Since, TimeSpan Wait, DateTimeOffset? ProbedAt, string? Probed);

/// <param name="Failures">Looks at which a machine had died without ever passing.</param>
/// <param name="NotBefore">No create before.</param>
public sealed record CrashLoop(int Failures, DateTimeOffset NotBefore);

/// <param name="Failure">What the IaaS said, as a kind.</param>
/// <param name="Reason">What it said, in words.</param>
/// <param name="Tries">How often in a row.</param>
/// <param name="Until">No create before.</param>
/// <param name="SpecHash">The specification that was refused: another one may be tried at once. Null = any.</param>
public sealed record CreateStop(Abstractions.IaasFailure Failure, string Reason, int Tries, DateTimeOffset Until, string? SpecHash);

/// <param name="Version">Which.</param>
/// <param name="At">When an instance first acted by it.</param>
/// <param name="By">Which instance.</param>
/// <param name="Location">Where that one read it.</param>
public sealed record AppliedVersion(PresetVersion Version, DateTimeOffset At, string By, string Location)
{
    /// <summary>Versions that it and its forerunners have superseded, the latest last.</summary>
    public PresetVersion[] Past { get; init; } = [];
}

/// <param name="To">What the source says.</param>
/// <param name="Since">Since when it says so without a break.</param>
public sealed record CountChange(int To, DateTimeOffset Since);

/// <param name="Of">The preset that vanished, or may be about to.</param>
/// <param name="Since">Since when this one is there.</param>
/// <param name="IsConfirmed">A person has said that this is another group.</param>
public sealed record LookAlike(string Of, DateTimeOffset Since, bool IsConfirmed);

/// <param name="Since">When it was asked for.</param>
/// <param name="By">Who asked.</param>
/// <param name="Reason">Why, in that person's words; null = not said.</param>
public sealed record Paused(DateTimeOffset Since, string By, string? Reason)
{
    /// <summary>When somebody said that it is over: it ends with a list begun later. Null = nobody has.</summary>
    public DateTimeOffset? ResumedAt { get; init; }
}

/// <param name="Brake">Its name.</param>
/// <param name="Since">Since when it holds without a break.</param>
public sealed record HoldSince(string Brake, DateTimeOffset Since);

/// <param name="Request">The request's id.</param>
/// <param name="Done">Whether what was asked for has been done (an end: accepted by the IaaS).</param>
/// <param name="Text">What became of it.</param>
public sealed record Answer(string Request, bool Done, string Text);
