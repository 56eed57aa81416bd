namespace VmShepherd.Core.Planning;

/// <summary>Machines ended under the pace and not yet succeeded (G7, G9): who owes, who pays.</summary>
static class Debts
{
    /// <summary>
    /// What is still owed after a look. Paid: the successor passed; the machine itself turned out to live and pass (its end was never carried out);
    /// for scale-in, which has no successor, the machine is gone. Never more is owed than there are places without a machine that has passed.
    /// </summary>
    internal static Debt[] Settle(History next, int count, IReadOnlyList<Judged> machines)
    {
        if (next.Debts.Length == 0) return next.Debts;

        List<Debt> owed = [];
        foreach (Debt debt in next.Debts)
        {
            Judged? ended = machines.FirstOrDefault(machine => machine.Vm.Id == debt.Vm);
            Judged? successor = debt.Successor is null ? null : machines.FirstOrDefault(machine => machine.Record.Intent == debt.Successor);
            bool lives = ended is { Standing: Standing.Fine, Record: { HasPassed: true, Failures: null } };
            bool paid = debt.Cause == Cause.ScaleIn ? ended is null || lives : lives || successor is { IsPresent: true, Record.HasPassed: true };
            if (paid) continue;

            bool awaited = successor is { IsPresent: true } || next.Intents.Any(intent => intent.Id == debt.Successor)
                || next.Machines.Any(machine => machine.Intent == debt.Successor && machine.MissingSince is not null && !machine.IsLeaving);
            owed.Add(awaited || debt.Successor is null ? debt : debt with { Successor = null });
        }

        int proven = machines.Count(machine => machine.IsPresent && machine.Record is { HasPassed: true, Ending: null });
        int unproven = Math.Max(0, count - proven);
        int surplus = owed.Count(debt => debt.Cause != Cause.ScaleIn) - unproven;
        return [.. owed.Where(debt => debt.Cause == Cause.ScaleIn || surplus-- <= 0)];
    }

    /// <summary>Whether ending this machine owes nothing new: its own end is owed already, or it is the successor that another debt waits for.</summary>
    internal static bool AlreadyOwed(History history, MachineRecord machine) =>
        history.Debts.Any(debt => debt.Vm == machine.Id || (debt.Successor is not null && debt.Successor == machine.Intent));

    /// <summary>The end of this machine is announced.</summary>
    internal static Debt[] Add(History history, MachineRecord machine, Cause cause, DateTimeOffset now)
    {
        // The successor failed: the debt it was to pay waits for the next one.
        if (machine.Intent is not null && Array.FindIndex(history.Debts, debt => debt.Successor == machine.Intent) is >= 0 and int index)
            return [.. history.Debts[..index], history.Debts[index] with { Successor = null }, .. history.Debts[(index + 1)..]];

        return AlreadyOwed(history, machine) ? history.Debts : [.. history.Debts, new Debt(machine.Id, now, cause, null)];
    }

    /// <summary>New machines are announced: each takes over the oldest debt that nobody is to pay yet.</summary>
    internal static Debt[] Promise(Debt[] debts, IEnumerable<string> intents)
    {
        Debt[] promised = [.. debts];
        foreach (string intent in intents)
        {
            int free = Array.FindIndex(promised, debt => debt.Successor is null && debt.Cause != Cause.ScaleIn);
            if (free < 0) break;
            promised[free] = promised[free] with { Successor = intent };
        }

        return promised;
    }
}
