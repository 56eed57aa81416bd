using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Safety;

namespace VmShepherd.Core.Planning;

/// <summary>Decides what one cycle should do. Calls nothing, awaits nothing, reads no clock.</summary>
public static class Planner
{
    /// <summary>An accepted end that has not happened after this is asked for again.</summary>
    internal static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(5);

    /// <summary>What should be done, before the brakes (<see cref="Brakes.Limit"/>).</summary>
    public static Plan Decide(Preset preset, Observation seen, History past, DateTimeOffset now)
    {
        if (IsAtRest(preset, seen, past)) return past.Rest;
        if (ScopeGuard.Freezes(preset, seen, past, now) is { } frozen) return frozen;

        Recollection known = Recollection.Of(preset, seen, past, now);
        History next = Whole(preset, known, now) with { Scope = seen.Scope };
        RequestAnswers asked = RequestAnswers.To(seen.Requests, known.Machines, preset);
        var plan = new Plan { Next = next, Machines = known.Machines, Present = known.Present, Answers = asked.Answers };
        if (preset.Unmanaged)
            return plan with { Steps = asked.Steps, Notes = [.. known.Notes, "unmanaged: observed and checked only"] };

        Step[] ends = [.. Ends(preset, known, next, asked.Steps, now)];
        int wanted = preset.Count - known.Present - next.Intents.Length;

        // An ill machine holds its place until its end is accepted. So any step may fail or be held back, and the rest is still safe.
        Step[] creates = wanted > 0 ? [new Step.Create(wanted, Shortfall(preset, known, next))] : [];
        return plan with { Steps = [.. ends, .. creates], Held = [.. Waiting(preset, known, next, seen)], Notes = [.. known.Notes, .. Excess(preset, known)] };
    }

    /// <summary>The shortcut: the same machines as last time, all running, all passed, none too many, nothing open. Costs no allocation.</summary>
    static bool IsAtRest(Preset preset, Observation seen, History past)
    {
        if (!past.IsCalm || seen.Vms.Count != preset.Count || preset.Unmanaged || preset.Superseded is not null || seen.Requests.Count > 0) return false;
        if (!string.Equals(past.Scope, seen.Scope, StringComparison.Ordinal) || !Recollection.SameMachines(past.Machines, seen.Vms)) return false;
        for (int i = 0; i < seen.Vms.Count; i++)
        {
            Vm vm = seen.Vms[i];
            bool well = ReferenceEquals(seen.Verdicts[i], Verdict.Passed) || (seen.Verdicts[i] is null && preset.Healthcheck is null);
            if (!well || vm.State != VmState.Running || !vm.IsComplete || Recollection.IsForeign(vm, seen.Installation, out _)) return false;
        }

        return true;
    }

    /// <summary>A group that is whole, and whose every machine has passed, needs no create: what is remembered of creates that failed ends with the wait that it caused.</summary>
    static History Whole(Preset preset, Recollection known, DateTimeOffset now)
    {
        History next = known.History;
        if (next.CrashLoop is null && next.CreateStop is null) return next;
        if (known.Present < preset.Count || next.Intents.Length > 0 || known.Machines.Any(machine => machine is { IsPresent: true, Record.HasPassed: false })) return next;
        return next with
        {
            CrashLoop = next.CrashLoop?.NotBefore > now ? next.CrashLoop : null,
            CreateStop = next.CreateStop?.Until > now ? next.CreateStop : null,
        };
    }

    static IEnumerable<Step> Ends(Preset preset, Recollection known, History next, IReadOnlyList<Step> requested, DateTimeOffset now)
    {
        HashSet<string> taken = [.. requested.OfType<Step.Terminate>().Select(step => step.Vm)];
        bool sudden(Judged machine) => next.SuddenDeath is { } death && death.Vms.Contains(machine.Vm.Id);

        IEnumerable<Step> dead = known.Machines
            .Where(machine => machine.Standing == Standing.Dead && !taken.Contains(machine.Vm.Id))
            .Select(machine => new Step.Terminate(machine.Vm.Id, Cause.Dead, machine.Why) { Paced = sudden(machine) });

        IEnumerable<Step> overdue = known.Machines
            .Where(machine => machine is { Standing: Standing.Leaving, Vm.IsComplete: true } && now - machine.Record.Ending!.AcceptedAt > AskAgainAfter && !taken.Contains(machine.Vm.Id))
            .Select(machine => new Step.Terminate(machine.Vm.Id, Cause.Dead, $"{machine.Why}, and it is still listed"));

        // First those that were to succeed another (ending them owes nothing new), then the longest ill.
        Judged[] ill = [.. known.Machines
            .Where(machine => machine.Standing == Standing.Ill && !taken.Contains(machine.Vm.Id))
            .OrderBy(machine => Debts.AlreadyOwed(next, machine.Record) ? 0 : 1)
            .ThenBy(machine => machine.Record.Failures!.Since)
            .ThenBy(machine => machine.Vm.Id, StringComparer.Ordinal)];

        int leaving = ill.Length + known.Machines.Count(machine => machine.IsPresent && taken.Contains(machine.Vm.Id));
        return
        [
            .. requested, .. dead, .. overdue,
            .. ill.Select(machine => new Step.Terminate(machine.Vm.Id, Cause.IllHealth, machine.Why) { Paced = true }),
            .. ScaleInOrder.Surplus(preset, known, known.Present - preset.Count - leaving, taken),
        ];
    }

    static string Shortfall(Preset preset, Recollection known, History next)
    {
        string doubt = next.Intents.Length == 0 ? "" : $", {next.Intents.Length} being created";
        string missing = known.Missing.Length == 0 ? "" : $", {known.Missing.Length} of them missing from the list";
        return $"{known.Present} of {preset.Count} present{missing}{doubt}";
    }

    /// <summary>Slots that stay empty for now although no step was held back: the guards whose memory occupies them.</summary>
    static IEnumerable<Hold> Waiting(Preset preset, Recollection known, History next, Observation seen)
    {
        Intent[] doubtful = [.. next.Intents.Where(intent => intent.Vm is null)];
        if (doubtful.Length > 0 && known.Present < preset.Count)
        {
            yield return new Hold("doubt", $"{doubtful.Length} create(s) with unknown result ({string.Join(", ", doubtful.Take(5).Select(intent => intent.Id))}) hold their slots",
                $"a list begun {Classifier.Words(seen.VisibilityGrace)} (visibility_grace) after the answer was lost shows them or not");
        }

        if (known.Missing.Length > 0)
        {
            string many = known.ManyMissing ? $", more than {preset.Limits.MaxVanished:0.##%} (max_vanished)" : "";
            yield return new Hold("vanished", $"{known.Missing.Length} machine(s) missing from the list hold their places ({string.Join(", ", known.Missing.Take(5).Select(machine => machine.Id))}){many}",
                known.ManyMissing ? $"they come back, or lists over {Classifier.Words(seen.VisibilityGrace)} (visibility_grace) agree that they are gone" : "they come back, or the IaaS says by id that it does not know them");
        }
    }

    static IEnumerable<string> Excess(Preset preset, Recollection known)
    {
        int excess = known.Present - preset.Count;
        if (excess > 0 && preset.ScaleIn == ScaleIn.None)
            yield return $"{excess} machine(s) more than count: {known.Present} present, {preset.Count} wanted; scale_in is none, so they stay";
    }
}
