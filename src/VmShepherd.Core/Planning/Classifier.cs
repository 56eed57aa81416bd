using System.Globalization;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <summary>What a machine counts as.</summary>
public enum Standing
{
    /// <summary>Present.</summary>
    Fine,

    /// <summary>Present, and a candidate for replacement: it holds its place until its end is accepted.</summary>
    Ill,

    /// <summary>Present, and not to be touched: our knowledge of it is poor.</summary>
    Untouchable,

    /// <summary>Not present: to be ended and replaced.</summary>
    Dead,

    /// <summary>Not present: its end was accepted.</summary>
    Leaving,

    /// <summary>Not present: the IaaS will end it soon, its successor starts early.</summary>
    NearbyShutdown,

    /// <summary>Another installation's: neither counted nor ended.</summary>
    Foreign,
}

/// <param name="Vm">As seen.</param>
/// <param name="Record">What is remembered of it, this look included.</param>
/// <param name="Verdict">Of its check; null = not checked.</param>
/// <param name="Standing">What it counts as.</param>
/// <param name="Why">In words.</param>
public sealed record Judged(Vm Vm, MachineRecord Record, Verdict? Verdict, Standing Standing, string Why)
{
    public bool IsPresent => Standing is Standing.Fine or Standing.Ill or Standing.Untouchable;
}

/// <summary>Judges one machine.</summary>
static class Classifier
{
    /// <summary>A machine is ill only after more failed checks than this, the present one apart.</summary>
    internal const int TolerableFailures = 5;

    /// <summary>Of a machine that needs no word.</summary>
    internal const string Fine = "fine";

    // Read from the top: the first line that fits decides. The order is part of the meaning.
    internal static (Standing Standing, string Why) Judge(Vm vm, MachineRecord record, Verdict? verdict, Preset preset, DateTimeOffset seenAt, DateTimeOffset now) => (vm.State, record, verdict) switch
    {
        // Its end is on the way; whatever the list still shows, it does not count any more.
        (_, { IsLeaving: true }, _) => (Standing.Leaving, $"leaving: its end was accepted {Ago(record.Ending!.AcceptedAt!.Value, now)} ago"),

        // A machine is never ended because our knowledge of it is poor (G16).
        _ when !vm.IsComplete => (Standing.Untouchable, "the IaaS tells only a part of it"),
        (VmState.Unknown, _, _) => (Standing.Untouchable, "state unknown"),

        // The IaaS has already given up on these; nothing is lost by removing them.
        (VmState.Terminated or VmState.Error or VmState.AfterTimeShutdown, _, _) => (Standing.Dead, $"is {StateName(vm.State)}"),

        // A build that never ends would hold its place for ever (G12). It was seen to build when the list was begun; a slow list shows an old state.
        (VmState.Pending, { PendingSince: { } since }, _) when seenAt - since > preset.Limits.CreationTimeout
            => (Standing.Dead, $"pending for {Ago(since, now)}, longer than creation_timeout"),

        (VmState.Pending, { PendingSince: { } since }, _) => (Standing.Fine, $"pending for {Ago(since, now)}"),

        // Still serving, soon gone: build its successor now, let the IaaS end it.
        (VmState.NearbyShutdown, _, _) => (Standing.NearbyShutdown, "will be shut down by the IaaS soon"),

        (VmState.Running, { Failures: { } failures }, Verdict.Failed failed) when IsIll(failures, preset.Health, now)
            => (Standing.Ill, $"unhealthy for {Ago(failures.Since, now)}, {failures.Count} checks failed: {failed.Reason}"),

        (VmState.Running, { Failures: null }, Verdict.Failed failed) => (Standing.Fine, $"check fails during start-up, not counted: {failed.Reason}"),
        (VmState.Running, { Failures: { } failures }, Verdict.Failed failed) => (Standing.Fine, $"{failures.Count} checks failed: {failed.Reason}"),
        (_, _, Verdict.Unknown unknown) => (Standing.Fine, $"not judged: {unknown.Reason}"),
        _ => (Standing.Fine, Fine),
    };

    /// <summary>The state as API and reports name it.</summary>
    internal static string StateName(VmState state) => state switch
    {
        VmState.Pending => "pending",
        VmState.Running => "running",
        VmState.NearbyShutdown => "nearby_shutdown",
        VmState.AfterTimeShutdown => "after_time_shutdown",
        VmState.Terminated => "terminated",
        VmState.Error => "error",
        _ => "unknown",
    };

    internal static string StateName(Vm vm, Verdict? verdict) => vm.State == VmState.Running && verdict is Verdict.Failed ? "unhealthy" : StateName(vm.State);

    static bool IsIll(FailedChecks failures, HealthPolicy policy, DateTimeOffset now) =>
        policy.TerminateAfter is { } delay && failures.Count - 1 > TolerableFailures && now - failures.Since > delay;

    internal static string Ago(DateTimeOffset since, DateTimeOffset now) => Words(now - since);

    internal static string Words(TimeSpan span) => span.TotalSeconds switch
    {
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalSeconds):0.#} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.#} h"),
    };
}
