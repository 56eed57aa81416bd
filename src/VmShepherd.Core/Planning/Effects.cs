namespace VmShepherd.Core.Planning;

/// <summary>How memory changes by what was done. Announced first and saved, then sent, then settled by the answer: so a crash between any two of these is remembered.</summary>
public static class Effects
{
    /// <summary>The steps are about to be sent: each create has an intent, each machine to be ended carries its end, and owes a successor if it is paced.</summary>
    public static History Announce(History next, IReadOnlyList<Step> steps, IReadOnlyList<string> intents, DateTimeOffset now)
    {
        foreach (Step.Terminate step in steps.OfType<Step.Terminate>())
        {
            MachineRecord? machine = Array.Find(next.Machines, machine => machine.Id == step.Vm);
            if (machine is null) continue; // asked for by a person in a frozen preset, whose memory stays as it is
            Debt[] debts = step.Paced ? Debts.Add(next, machine, step.Cause, now) : next.Debts;
            Ending ending = machine.Ending is { AcceptedAt: not null } accepted ? accepted : new Ending(step.Cause, now, null, step.Request?.By);
            next = Replace(next, machine with { Ending = ending }) with { Debts = debts };
        }

        return next with
        {
            Debts = Debts.Promise(next.Debts, intents),
            Intents = [.. next.Intents, .. intents.Select(id => new Intent(id, now))],
        };
    }

    /// <summary>The IaaS has accepted the end.</summary>
    public static History Ended(History next, Step.Terminate step, DateTimeOffset now)
    {
        MachineRecord? machine = Array.Find(next.Machines, machine => machine.Id == step.Vm);
        if (machine is null) return next;

        Ending ending = machine.Ending ?? new Ending(step.Cause, now, null, step.Request?.By);
        next = Replace(next, machine with { Ending = ending with { AcceptedAt = now } });
        bool crashed = !machine.HasPassed && !machine.IsLeaving && step.Cause is Cause.IllHealth or Cause.Requested;
        return crashed ? next with { CrashLoop = Recollection.AfterCrash(next.CrashLoop, now) } : next;
    }

    /// <summary>The end was not sent, or refused: it is as it was in <paramref name="planned"/>, before the announcement.</summary>
    public static History NotEnded(History next, Step.Terminate step, History planned)
    {
        MachineRecord? before = Array.Find(planned.Machines, machine => machine.Id == step.Vm);
        MachineRecord? machine = Array.Find(next.Machines, machine => machine.Id == step.Vm);
        if (before is null || machine is null) return next;

        Debt[] debts = next.Debts;
        if (!planned.Debts.Any(debt => debt.Vm == step.Vm)) debts = [.. debts.Where(debt => debt.Vm != step.Vm)];
        if (Array.Find(planned.Debts, debt => Debts.Pays(before, debt)) is { } owed)
            debts = [.. debts.Select(debt => debt.Vm == owed.Vm && debt.Successor is null ? owed : debt)];
        return Replace(next, machine with { Ending = before.Ending }) with { Debts = debts };
    }

    /// <summary>The create was answered. The intent stays open until the machine is seen.</summary>
    public static History Created(History next, string intent, string vm, DateTimeOffset now) => next with
    {
        Intents = [.. next.Intents.Select(open => open.Id == intent ? open with { Vm = vm, SettlesFrom = now } : open)],
        CreateStop = null,
    };

    /// <summary>The create's answer is lost: in doubt from now on.</summary>
    public static History CreateLost(History next, string intent, DateTimeOffset now) => next with
    {
        Intents = [.. next.Intents.Select(open => open.Id == intent ? open with { SettlesFrom = now } : open)],
    };

    /// <summary>The create was not sent, or had no effect for certain: its slot is free again.</summary>
    public static History NotCreated(History next, string intent) => next with
    {
        Intents = [.. next.Intents.Where(open => open.Id != intent)],
        Debts = [.. next.Debts.Select(debt => debt.Successor == intent ? debt with { Successor = null } : debt)],
    };

    /// <summary>Answers to people, the latest <see cref="History.MaxAnswers"/> of them.</summary>
    public static History Answered(History next, IReadOnlyList<Answer> answers) =>
        answers.Count == 0 ? next : next with { Answers = [.. next.Answers.Concat(answers).TakeLast(History.MaxAnswers)] };

    static History Replace(History history, MachineRecord machine) =>
        history with { Machines = [.. history.Machines.Select(old => old.Id == machine.Id ? machine : old)] };
}
