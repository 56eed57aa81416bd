using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;

namespace VmShepherd.Core.Loop;

/// <summary>What this instance has seen of all its presets lately (G8, G10), kept as running sums; and the one place where plans are limited, one at a time.</summary>
sealed class InstanceWatch(SteadyClock clock)
{
    static readonly TimeSpan Lately = TimeSpan.FromMinutes(1);

    /// <summary>What one preset adds to the sums.</summary>
    sealed record Share(int Looked, int Failed, bool IsHeld, DateTimeOffset At)
    {
        public bool Counts => Looked > 0 && !IsHeld;
    }

    readonly Lock _gate = new();
    readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);
    readonly Queue<(string Preset, DateTimeOffset At)> _expiry = new();
    readonly Dictionary<string, int> _machines = new(StringComparer.Ordinal);
    readonly Queue<DateTimeOffset> _ends = new();
    int _looked, _failed, _presets, _allMachines;

    /// <summary>Set by the canaries' own loop.</summary>
    public bool CanariesFail { get; set; }

    /// <summary>The brakes, over a plan; ends for ill health that pass are counted against the budget at once, so that presets limited side by side share it.</summary>
    public Plan Limit(Plan plan, Preset preset, Observation seen, History past, Settings settings)
    {
        lock (_gate)
        {
            DateTimeOffset now = clock.Now;
            bool wasHeld = Array.Exists(past.Holds, hold => IsApart(hold.Brake));
            Count(preset.Name, seen, plan, wasHeld, now);

            plan = Brakes.Limit(plan, new Situation(preset, seen, past, Facts(settings, now), now));
            foreach (Step step in plan.Steps)
            {
                if (Brakes.IsEnd(step, Cause.IllHealth)) _ends.Enqueue(now);
            }

            bool isHeld = plan.Held.Any(hold => IsApart(hold.Brake));
            if (isHeld != wasHeld) Count(preset.Name, seen, plan, isHeld, now);
            return plan;
        }
    }

    /// <summary>A group that fails as a whole, or that people work on, says nothing of this instance: it must not hold all others.</summary>
    static bool IsApart(string brake) => brake is "mass-failure" or "pause" or "revision";

    /// <summary>The brakes, over a plan that nobody will carry out: nothing is counted.</summary>
    public Plan Preview(Plan plan, Preset preset, Observation seen, History past, Settings settings)
    {
        lock (_gate) return Brakes.Limit(plan, new Situation(preset, seen, past, Facts(settings, clock.Now), clock.Now));
    }

    /// <summary>A preset that is no longer ours to look at.</summary>
    public void Forget(string preset)
    {
        lock (_gate)
        {
            Replace(preset, null);
            if (_machines.Remove(preset, out int machines)) _allMachines -= machines;
        }
    }

    InstanceFacts Facts(Settings settings, DateTimeOffset now)
    {
        while (_expiry.TryPeek(out var oldest) && now - oldest.At > Lately)
        {
            _expiry.Dequeue();
            if (_shares.TryGetValue(oldest.Preset, out Share? share) && share.At == oldest.At) Replace(oldest.Preset, null);
        }

        while (_ends.TryPeek(out DateTimeOffset end) && now - end >= EndBudgetBrake.Window) _ends.Dequeue();
        return new InstanceFacts
        {
            Looked = _looked,
            Failed = _failed,
            Presets = _presets,
            CanariesFail = CanariesFail,
            EndedLately = _ends.Count,
            AllMachines = _allMachines,
            SelfSuspicion = settings.SelfSuspicion,
            EndBudget = settings.EndBudget,
        };
    }

    void Count(string preset, Observation seen, Plan plan, bool isHeld, DateTimeOffset now)
    {
        // Failures that do not count (G11) and machines of others (G15) say nothing of us. A plan at rest names no machines: all are fine.
        IEnumerable<Verdict?> verdicts = plan.Machines.Count == 0 ? seen.Verdicts : plan.Machines
            .Where(machine => machine.Standing != Standing.Foreign && !(machine.Verdict is Verdict.Failed && machine.Record.Failures is null))
            .Select(machine => machine.Verdict);
        int looked = 0, failed = 0;
        foreach (Verdict? verdict in verdicts)
        {
            if (verdict is null or Verdict.Unknown) continue;
            looked++;
            if (verdict is Verdict.Failed) failed++;
        }

        Replace(preset, new Share(looked, failed, isHeld, now));
        _expiry.Enqueue((preset, now));
        _allMachines += seen.Vms.Count - _machines.GetValueOrDefault(preset);
        _machines[preset] = seen.Vms.Count;
    }

    void Replace(string preset, Share? share)
    {
        if (_shares.Remove(preset, out Share? old) && old.Counts)
        {
            _looked -= old.Looked;
            _failed -= old.Failed;
            _presets--;
        }

        if (share is null) return;
        _shares[preset] = share;
        if (!share.Counts) return;
        _looked += share.Looked;
        _failed += share.Failed;
        _presets++;
    }
}
