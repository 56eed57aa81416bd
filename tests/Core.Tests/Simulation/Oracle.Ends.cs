using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

/// <summary>The oracle on ends: whether there was a reason, and whether there were not too many.</summary>
sealed partial class Oracle
{
    /// <summary>More failed checks than this, the last one apart, make a machine ill.</summary>
    const int Tolerable = 5;

    static readonly TimeSpan BudgetWindow = TimeSpan.FromMinutes(10);

    /// <summary>Failed checks in a row, as the store knows them.</summary>
    readonly Dictionary<string, (int Count, TimeSpan Since)> _streaks = new(StringComparer.Ordinal);

    /// <summary>By preset: ended for ill health and not succeeded by one that passed.</summary>
    readonly Dictionary<string, List<(string Vm, TimeSpan At)>> _debts = new(StringComparer.Ordinal);

    /// <summary>By incarnation: when ends for ill health were announced.</summary>
    readonly Dictionary<Instance, List<TimeSpan>> _illEnds = [];

    /// <summary>By preset: the last end for ill health.</summary>
    readonly Dictionary<string, TimeSpan> _lastIll = new(StringComparer.Ordinal);

    /// <summary>By preset: when a machine last passed its first check.</summary>
    readonly Dictionary<string, TimeSpan> _lastFirstPass = new(StringComparer.Ordinal);

    /// <summary>A check has answered.</summary>
    public void Told(Instance instance, Vm vm, Verdict verdict)
    {
        if (_leases.Newest(instance.Generation, vm.Name) is not { } grant || grant.Instance != instance) return;
        grant.Unsaved.Add((vm.Id, verdict, Now));
        grant.Verdicts[vm.Id] = verdict;
    }

    /// <summary>What this run has learned is in the store now.</summary>
    public void Stored(Instance instance, string preset)
    {
        if (_leases.Newest(instance.Generation, preset) is not { } grant || grant.Instance != instance) return;
        foreach ((string vm, Verdict verdict, TimeSpan at) in grant.Unsaved)
        {
            _streaks[vm] = After(_streaks.GetValueOrDefault(vm), verdict, at);
            if (verdict != Verdict.Passed || world.Truth.Find(vm) is not { HasPassed: false } machine) continue;
            machine.HasPassed = true;
            Pay(machine);
        }

        grant.Unsaved.Clear();
        Forgive(preset);
    }

    /// <summary>What the store knows at this moment: a replica that has received no more takes it back to this.</summary>
    public object Remember() => (new Dictionary<string, (int, TimeSpan)>(_streaks), new Dictionary<string, TimeSpan>(_lastIll), _debts.ToDictionary(debts => debts.Key, debts => debts.Value.ToArray()),
        world.Scenario.Presets.SelectMany(preset => world.Truth.Existing(preset.Name)).Where(machine => machine.HasPassed).Select(machine => machine.Id).ToHashSet());

    public void FailedOver(object known)
    {
        var (streaks, lastIll, debts, passed) = ((Dictionary<string, (int, TimeSpan)>, Dictionary<string, TimeSpan>, Dictionary<string, (string Vm, TimeSpan At)[]>, HashSet<string>))known;
        _streaks.Clear();
        foreach ((string vm, (int, TimeSpan) streak) in streaks) _streaks[vm] = streak;

        // That a probe was let go since is forgotten, too: the next one need not wait for it.
        _lastIll.Clear();
        foreach ((string preset, TimeSpan at) in lastIll) _lastIll[preset] = at;

        // Those that were announced since are forgotten; those that were paid since are not asked for again here.
        foreach ((string preset, List<(string Vm, TimeSpan At)> owed) in _debts) owed.RemoveAll(debt => !debts.GetValueOrDefault(preset, []).Contains(debt));
        foreach (Machine machine in world.Scenario.Presets.SelectMany(preset => world.Truth.Existing(preset.Name))) machine.HasPassed &= passed.Contains(machine.Id);
    }

    /// <summary>Never more is owed than there are places without a machine that has passed.</summary>
    void Forgive(string preset)
    {
        int proven = world.Truth.Ours(preset).Count(machine => machine.HasPassed && world.Truth.Counts(machine, Preset(preset).Limits.CreationTimeout));
        List<(string Vm, TimeSpan At)> owed = Owed(preset);
        int surplus = owed.Count - Math.Max(0, LeastWanted(preset) - proven);
        if (surplus > 0) owed.RemoveRange(0, surplus);
    }

    static (int Count, TimeSpan Since) After((int Count, TimeSpan Since) before, Verdict verdict, TimeSpan at) => verdict switch
    {
        Verdict.Unknown => before,
        Verdict.Failed => (before.Count + 1, before.Count == 0 ? at : before.Since),
        _ => default,
    };

    void CheckEnd(Sent sent, Machine machine)
    {
        Preset preset = Preset(sent.Preset);
        world.Tally.Add($"end: {sent.Cause}");
        TimeSpan seen = sent.Grant.SeenFrom;
        if (Now < machine.ObscureUntil && machine.ObscureSince < seen) Broken("G16 what is not known is not touched", $"{machine.Id} is ended, the IaaS tells a part of it only");
        switch (sent.Cause)
        {
            case Cause.Dead:
                bool dead = machine.Behaviour is GuestBehaviour.Dead or GuestBehaviour.Error || machine.DeadAt > seen - world.Scenario.Lease || machine.ShutdownAt < Now
                    || world.Truth.IsStuck(machine, preset.Limits.CreationTimeout) || _ends.Keys.Count(end => end.Vm == machine.Id) > 1 || _accepted.Contains(machine.Id);
                if (!dead) Broken("I7 only the dead are ended as dead", machine.Id);
                break;
            case Cause.Requested when !Requested.Contains(machine.Id):
                Broken("I4 nobody asked for it", machine.Id);
                break;
            case Cause.ScaleIn:
                CheckPace(preset, machine);
                break;
            case Cause.IllHealth:
                CheckIllness(sent, preset, machine);
                break;
        }
    }

    readonly HashSet<string> _accepted = new(StringComparer.Ordinal);

    void CheckIllness(Sent sent, Preset preset, Machine machine)
    {
        (int Count, TimeSpan Since) streak = _streaks.GetValueOrDefault(machine.Id);
        foreach ((string vm, Verdict verdict, TimeSpan at) in sent.Grant.Unsaved)
            if (vm == machine.Id) streak = After(streak, verdict, at);
        if (streak.Count - 1 <= Tolerable || preset.Health.TerminateAfter is not { } delay || Now - streak.Since <= delay)
            Broken("I4 only the ill are ended for ill health", $"{machine.Id} failed {streak.Count} checks since {streak.Since}");

        CheckMassFailure(sent, preset, machine);
        CheckPace(preset, machine);
        CheckBudget(sent);
    }

    /// <summary>
    /// G7 and I5: while more than the allowed share fails, a single one goes now and then, whatever the truth about the machines is: not before the wait
    /// is over or the successor of the last one has passed. Counted are only machines whose failures count beyond doubt.
    /// </summary>
    void CheckMassFailure(Sent sent, Preset preset, Machine machine)
    {
        int failed = 0, judged = 0;
        foreach ((string id, Verdict verdict) in sent.Grant.Verdicts)
        {
            if (verdict is Verdict.Unknown || world.Truth.Find(id) is not { IsGone: false } other || other.Owner == Owner.Foreign) continue;
            judged++;
            if (verdict is Verdict.Failed && _streaks.GetValueOrDefault(id).Count > Tolerable && !Requested.Contains(id) && other.ShutdownAt is null
                && Now - other.BootsAt > preset.Health.StartupGrace + world.Scenario.Lease * 4) failed++;
        }

        if (failed <= SafetyLimits.Share(preset.Limits.MaxUnhealthy, judged)) return;
        world.Tally.Add("end for ill health while many fail");
        bool waited = !_lastIll.TryGetValue(preset.Name, out TimeSpan last) || Now - last >= preset.Limits.HoldProbe - world.Scenario.Lease;
        bool succeeded = _lastFirstPass.TryGetValue(preset.Name, out TimeSpan passed) && passed >= last;
        if (!waited && !succeeded)
            Broken("I5 mass failure lets single ones go", $"{machine.Id} is ended {Now - last} after another one while {failed} of {judged} fail");
    }

    /// <summary>G9.</summary>
    void CheckPace(Preset preset, Machine machine)
    {
        List<(string Vm, TimeSpan At)> owed = Owed(preset.Name);
        if (IsOwed(owed, machine)) return;

        Forgive(preset.Name);
        int allowed = SafetyLimits.Share(preset.Limits.ReplacePace, MostWanted(preset.Name));
        if (owed.Count + 1 > allowed) Broken("I4 pace", $"{preset.Name}: {machine.Id} is ended while {owed.Count} have no successor that passed, {allowed} may");
    }

    /// <summary>G10. Announced when it was decided, and that may have been up to two leases before.</summary>
    void CheckBudget(Sent sent)
    {
        if (!_illEnds.TryGetValue(sent.Instance, out List<TimeSpan>? ends)) _illEnds.Add(sent.Instance, ends = []);
        ends.Add(Now);
        int lately = ends.Count(at => Now - at < BudgetWindow - (world.Scenario.Lease * 2));
        int budget = world.Scenario.Settings.EndBudget ?? 5;
        if (lately > budget) Broken("I4 budget", $"{sent.Instance.Id} has ended {lately} machines for ill health lately, {budget} may be");
    }

    List<(string Vm, TimeSpan At)> Owed(string preset)
    {
        if (!_debts.TryGetValue(preset, out var owed)) _debts.Add(preset, owed = []);
        return owed;
    }

    void Owe(Sent sent, Machine machine)
    {
        _accepted.Add(machine.Id);
        if (sent.Cause != Cause.IllHealth) return;
        _lastIll[machine.Preset] = Now;
        List<(string Vm, TimeSpan At)> owed = Owed(machine.Preset);
        if (!IsOwed(owed, machine)) owed.Add((machine.Id, Now));
    }

    /// <summary>The end of a machine that never passed costs nothing while another is owed: there is no less than before in its place.</summary>
    static bool IsOwed(List<(string Vm, TimeSpan At)> owed, Machine machine) => owed.Exists(debt => debt.Vm == machine.Id) || (!machine.HasPassed && owed.Count > 0);

    void Pay(Machine successor)
    {
        _lastFirstPass[successor.Preset] = Now;
        List<(string Vm, TimeSpan At)> owed = Owed(successor.Preset);
        int oldest = owed.FindIndex(debt => debt.At <= successor.CreatedAt);
        if (oldest >= 0) owed.RemoveAt(oldest);
    }
}
