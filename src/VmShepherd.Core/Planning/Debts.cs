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
            Judged? successor = machines.FirstOrDefault(machine => Pays(machine.Record, debt));
            bool lives = ended is { Standing: Standing.Fine, Record: { HasPassed: true, Failures: null } };
            bool paid = debt.Cause == Cause.ScaleIn ? ended is null || lives : lives || successor is { IsPresent: true, Record.HasPassed: true };
            if (paid) continue;

            bool awaited = successor is { IsPresent: true } || next.Intents.Any(intent => intent.Id == debt.Successor)
                || next.Machines.Any(machine => Pays(machine, debt) && machine.MissingSince is not null && !machine.IsLeaving);
            owed.Add(awaited || debt.Successor is null ? debt : debt with { Successor = null });
        }

        int proven = machines.Count(machine => machine.IsPresent && machine.Record is { HasPassed: true, Ending: null });
        int unproven = Math.Max(0, count - proven);
        int surplus = owed.Count(debt => debt.Cause != Cause.ScaleIn) - unproven;
        return HandOver([.. owed.Where(debt => debt.Cause == Cause.ScaleIn || surplus-- <= 0)], next, count, machines);
    }

    /// <summary>
    /// Where no place is vacant nobody new will come to pay: who has not passed yet stands in the place of the machine that was ended, and is to pay for it.
    /// Else a group whose places are all taken by machines that never pass would wait for ever.
    /// </summary>
    static Debt[] HandOver(Debt[] owed, History next, int count, IReadOnlyList<Judged> machines)
    {
        MachineRecord[] missing = [.. next.Machines.Where(machine => machine is { MissingSince: not null, IsLeaving: false } && machines.All(listed => listed.Vm.Id != machine.Id))];
        int vacant = Math.Max(0, count - machines.Count(machine => machine.IsPresent) - missing.Length - next.Intents.Length);
        int idle = owed.Count(debt => debt.Successor is null && debt.Cause != Cause.ScaleIn) - vacant;
        if (idle <= 0) return owed;

        IEnumerable<MachineRecord> unproven = machines.Where(machine => machine.IsPresent).Select(machine => machine.Record).Concat(missing)
            .Where(machine => machine is { HasPassed: false, Ending: null } && !owed.Any(debt => Pays(machine, debt)));
        return Promise(owed, next.Intents.Select(intent => intent.Id).Where(intent => !owed.Any(debt => debt.Successor == intent))
            .Concat(unproven.Select(machine => machine.Intent ?? machine.Id)).Take(idle));
    }

    /// <summary>Whether this machine is to pay this debt. One that was adopted is known by its id.</summary>
    internal static bool Pays(MachineRecord machine, Debt debt) => debt.Successor is { } successor && (successor == machine.Intent || successor == machine.Id);

    /// <summary>Whether ending this machine owes nothing new: its own end is owed already, or it is the successor that another debt waits for.</summary>
    internal static bool AlreadyOwed(History history, MachineRecord machine) =>
        history.Debts.Any(debt => debt.Vm == machine.Id || Pays(machine, debt));

    /// <summary>The end of this machine is announced.</summary>
    internal static Debt[] Add(History history, MachineRecord machine, Cause cause, DateTimeOffset now)
    {
        // The successor failed: the debt it was to pay waits for the next one. If it fell ill, the place now owes for ill health (G7), whatever it owed for before.
        if (Array.FindIndex(history.Debts, debt => Pays(machine, debt)) is >= 0 and int index)
        {
            Debt owed = history.Debts[index];
            return [.. history.Debts[..index], owed with { Successor = null, Cause = cause == Cause.IllHealth ? cause : owed.Cause }, .. history.Debts[(index + 1)..]];
        }

        // Its end was asked for before, perhaps for another reason, and did not happen: who was to succeed it then came for somebody else's place. Ended for ill
        // health it wants a successor, whatever the reason was then.
        return history.Debts.Any(debt => debt.Vm == machine.Id)
            ? [.. history.Debts.Select(debt => debt.Vm == machine.Id ? debt with { Successor = null, Cause = cause == Cause.IllHealth ? cause : debt.Cause } : debt)]
            : [.. history.Debts, new Debt(machine.Id, now, cause, null)];
    }

    /// <summary>For who is to come, or is there already: each takes over the oldest debt that nobody is to pay yet.</summary>
    internal static Debt[] Promise(Debt[] debts, IEnumerable<string> successors)
    {
        Debt[] promised = [.. debts];
        foreach (string successor in successors)
        {
            int free = Array.FindIndex(promised, debt => debt.Successor is null && debt.Cause != Cause.ScaleIn);
            if (free < 0) break;
            promised[free] = promised[free] with { Successor = successor };
        }

        return promised;
    }
}
