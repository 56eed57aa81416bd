using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Safety;

namespace VmShepherd.Core.Planning;

/// <summary>What is known of a preset after a look: the memory brought up to date, and every machine judged.</summary>
/// <param name="History">The new memory.</param>
/// <param name="Machines">Machines that are there, other installations' among them.</param>
/// <param name="Missing">Machines that the list lacks and that still hold their place.</param>
/// <param name="ManyMissing">More are missing than one list is believed (G5).</param>
/// <param name="Notes">Events: adopted, vanished, ruled out.</param>
sealed record Recollection(History History, Judged[] Machines, MachineRecord[] Missing, bool ManyMissing, List<string> Notes)
{
    internal int Present => Missing.Length + Machines.Count(machine => machine.IsPresent);

    /// <summary>Ids to be looked up before <see cref="Of"/>: seen before, not ended by us and not listed now; created, answered, and not listed in time.</summary>
    internal static IReadOnlyList<string> NeedsLookup(History past, IReadOnlyList<Vm> listed, DateTimeOffset listBegun, TimeSpan grace)
    {
        if (past.IsCalm && SameMachines(past.Machines, listed)) return [];

        HashSet<string> seen = [.. listed.Select(vm => vm.Id)];
        return
        [
            .. past.Machines.Where(machine => !machine.IsLeaving && !seen.Contains(machine.Id)).Select(machine => machine.Id),
            .. past.Intents.Where(intent => intent is { Vm: not null, SettlesFrom: { } from } && !seen.Contains(intent.Vm) && listBegun >= from + grace).Select(intent => intent.Vm!),
        ];
    }

    internal static bool SameMachines(MachineRecord[] records, IReadOnlyList<Vm> listed)
    {
        if (records.Length != listed.Count) return false;
        for (int i = 0; i < records.Length; i++)
        {
            if (!string.Equals(records[i].Id, listed[i].Id, StringComparison.Ordinal)) return false;
        }

        return true;
    }

    internal static Recollection Of(Preset preset, Observation seen, History past, DateTimeOffset now) => new Looking(preset, seen, past, now).Remember();

    /// <summary>One look, as it is taken in: who is met, who is missed, and what that says of those before.</summary>
    sealed class Looking(Preset preset, Observation seen, History past, DateTimeOffset now)
    {
        readonly Dictionary<string, MachineRecord> _known = past.Machines.ToDictionary(machine => machine.Id, StringComparer.Ordinal);
        readonly List<string> _notes = [];
        readonly List<Judged> _machines = [];
        readonly List<MachineRecord> _remembered = [], _missing = [];
        bool _died, _passed;

        internal Recollection Remember()
        {
            for (int i = 0; i < seen.Vms.Count; i++) Meet(seen.Vms[i], seen.Verdicts[i]);

            MachineRecord[] absent = [.. _known.Values];
            bool many = ManyAreMissing(preset, past, absent);
            foreach (MachineRecord record in absent) Miss(record, many);

            Intent[] intents = Settle(past.Intents, seen, _machines, now, _notes, out bool lost);
            History next = past with
            {
                Machines = [.. _machines.Where(machine => machine.Standing != Standing.Foreign).Select(machine => machine.Record), .. _remembered],
                Intents = intents,
                BlindSince = null,
                CrashLoop = _died || lost ? AfterCrash(past.CrashLoop, now) : _passed ? null : past.CrashLoop,
            };
            return new Recollection(next with { Debts = Debts.Settle(next, preset.Count, _machines) }, [.. _machines], [.. _missing], many && _missing.Count > 0, _notes);
        }

        void Miss(MachineRecord record, bool many)
        {
            MachineRecord absentee = record.MissingSince is null ? record with { MissingSince = seen.ListBegun } : record;
            if (!absentee.IsLeaving && seen.LookedUp.TryGetValue(record.Id, out Vm? found) && found is not null && preset.Owns(found.Name))
            {
                // The list lacks it, the IaaS knows it: the list is the one that errs.
                Meet(found, verdict: null, absentee.MissingSince);
                return;
            }

            switch (JudgeAbsent(absentee, preset, seen, many))
            {
                case Absence.Holds:
                    _remembered.Add(absentee);
                    _missing.Add(absentee);
                    break;
                case Absence.Leaving:
                    _remembered.Add(absentee);
                    break;
                case Absence.Gone:
                    // What we ended ourselves is not worth a word.
                    if (absentee.Ending is null) _notes.Add($"{record.Id} vanished: the IaaS does not know it any more, and its end was not ours");
                    _died |= IsCrash(record);

                    break;
            }
        }

        void Meet(Vm vm, Verdict? verdict, DateTimeOffset? missingSince = null)
        {
            _known.Remove(vm.Id, out MachineRecord? before);
            if (IsForeign(vm, seen.Installation, out string? owner))
            {
                _machines.Add(new Judged(vm, before ?? new MachineRecord(vm.Id, now), verdict, Standing.Foreign, $"belongs to installation '{owner}'"));
                _notes.Add($"{vm.Id} carries this preset's name but belongs to installation '{owner}': neither counted nor ended");
                return;
            }

            if (before is null && !vm.Metadata.ContainsKey(VmMetadata.Installation) && vm.IsComplete)
                _notes.Add($"{vm.Id} adopted: it carries this preset's name and nobody's mark");

            MachineRecord record = Recollection.Remember(before, vm, verdict, preset, now) with { MissingSince = missingSince };
            if (record.Ending is { AcceptedAt: null } ending && seen.ListBegun > ending.AskedAt + seen.VisibilityGrace)
                record = record with { Ending = null }; // the end whose answer was lost had no effect

            (Standing standing, string why) = Classifier.Judge(vm, record, verdict, preset, seen.ListBegun, now);
            record = record with { DeadSince = standing == Standing.Dead ? record.DeadSince ?? now : null };
            _machines.Add(new Judged(vm, record, verdict, standing, why));
            bool justCreated = before is null && past.Intents.Any(intent => intent.Id == record.Intent || intent.Vm == vm.Id);
            _died |= record.DeadSince is not null && (justCreated || (before is not null && IsCrash(before)));
            _passed |= record.HasPassed && before is not { HasPassed: true };
        }
    }

    /// <summary>A mark of another installation (G15). No mark at all is not foreign: such machines are adopted.</summary>
    internal static bool IsForeign(Vm vm, string installation, out string? owner) =>
        vm.Metadata.TryGetValue(VmMetadata.Installation, out owner) && !string.Equals(owner, installation, StringComparison.Ordinal);

    /// <summary>It goes before it ever passed, and that is news (G13). An end whose answer was lost counts here, an accepted one was counted then.</summary>
    static bool IsCrash(MachineRecord before) => before is { HasPassed: false, DeadSince: null, IsLeaving: false } and not { Ending.Cause: Cause.ScaleIn };

    internal static CrashLoop AfterCrash(CrashLoop? before, DateTimeOffset now)
    {
        int failures = (before?.Failures ?? 0) + 1;
        return new CrashLoop(failures, now + CrashLoopBrake.Wait(failures));
    }

    static MachineRecord Remember(MachineRecord? before, Vm vm, Verdict? verdict, Preset preset, DateTimeOffset now)
    {
        MachineRecord record = before ?? new MachineRecord(vm.Id, now) { Intent = vm.Metadata.GetValueOrDefault(VmMetadata.Intent) };
        if (!vm.IsComplete) return record;
        if (record.Intent is null && vm.Metadata.GetValueOrDefault(VmMetadata.Intent) is { } intent) record = record with { Intent = intent }; // first seen only in part
        switch (vm.State)
        {
            case VmState.Pending:
                return record with { PendingSince = record.PendingSince ?? now, Failures = null };
            case VmState.Running:
                bool unmarked = !vm.Metadata.ContainsKey(VmMetadata.Installation);
                record = record with { PendingSince = null, StartedAt = record.StartedAt ?? (unmarked && vm.Created < now ? vm.Created : now) };
                return CountCheck(record, verdict, preset, now);
            default:
                return record;
        }
    }

    static MachineRecord CountCheck(MachineRecord record, Verdict? verdict, Preset preset, DateTimeOffset now) => verdict switch
    {
        null when preset.Healthcheck is null => record with { HasPassed = true, Failures = null },
        Verdict.Failed when !record.HasPassed && now - record.StartedAt < preset.Health.StartupGrace => record, // G11
        Verdict.Failed => record with { Failures = new FailedChecks((record.Failures?.Count ?? 0) + 1, record.Failures?.Since ?? now) },
        null or Verdict.Unknown => record,
        _ => record with { HasPassed = true, Failures = null },
    };

    static bool ManyAreMissing(Preset preset, History past, MachineRecord[] absent)
    {
        int missing = absent.Count(machine => machine.Ending is null);
        return missing > SafetyLimits.Share(preset.Limits.MaxVanished, past.Machines.Count(machine => !machine.IsLeaving));
    }

    enum Absence { Holds, Leaving, Gone }

    static Absence JudgeAbsent(MachineRecord record, Preset preset, Observation seen, bool many)
    {
        bool overGrace = seen.ListBegun >= record.MissingSince + seen.VisibilityGrace;

        // A list may lag both ways: an ended machine is kept in mind until no late list can bring it back.
        if (record.IsLeaving) return overGrace ? Absence.Gone : Absence.Leaving;

        bool unknownToIaas = seen.LookedUp.TryGetValue(record.Id, out Vm? found) && (found is null || !preset.Owns(found.Name));
        if (!unknownToIaas) return Absence.Holds;
        return many && !(overGrace && seen.ListBegun > record.MissingSince) ? Absence.Holds : Absence.Gone;
    }

    /// <summary>Open intents after this look (G2): seen ones are closed, and those that a late enough list does not show are ruled out.</summary>
    static Intent[] Settle(Intent[] open, Observation seen, List<Judged> machines, DateTimeOffset now, List<string> notes, out bool lost)
    {
        lost = false;
        if (open.Length == 0) return open;

        HashSet<string> shown = [.. machines.SelectMany(machine => new[] { machine.Vm.Id, machine.Vm.Metadata.GetValueOrDefault(VmMetadata.Intent) ?? "" })];
        List<Intent> still = [];
        foreach (Intent intent in open)
        {
            if (shown.Contains(intent.Id) || (intent.Vm is not null && shown.Contains(intent.Vm))) continue;

            // Nobody lived to tell how the call ended: from here on it is in doubt.
            if (intent.SettlesFrom is not { } from)
            {
                still.Add(intent with { SettlesFrom = now });
                continue;
            }

            bool ruledOut = seen.ListBegun >= from + seen.VisibilityGrace
                && (intent.Vm is null || (seen.LookedUp.TryGetValue(intent.Vm, out Vm? found) && found is null));
            if (!ruledOut)
            {
                still.Add(intent);
                continue;
            }

            notes.Add(intent.Vm is null
                ? $"create {intent.Id} had no effect: a list begun {Classifier.Words(seen.ListBegun - from)} later does not show it"
                : $"create {intent.Id} was answered with {intent.Vm}, which the IaaS does not know any more");
            lost |= intent.Vm is not null;
        }

        return [.. still];
    }
}
