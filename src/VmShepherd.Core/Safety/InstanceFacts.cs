namespace VmShepherd.Core.Safety;

/// <summary>What one instance knows of all its presets together, at one moment (G8, G10).</summary>
public sealed record InstanceFacts
{
    /// <summary>Machines with a verdict in the last minute, in presets that mass failure (G7) does not hold.</summary>
    public int Looked { get; init; }

    /// <summary>Of these, how many failed.</summary>
    public int Failed { get; init; }

    /// <summary>In how many presets they are.</summary>
    public int Presets { get; init; }

    /// <summary>Every canary failed; false also when there are none.</summary>
    public bool CanariesFail { get; init; }

    /// <summary>Machines ended for ill health in the last 10 minutes.</summary>
    public int EndedLately { get; init; }

    /// <summary>Machines of all presets that this instance has seen.</summary>
    public int AllMachines { get; init; }

    /// <summary><c>self_suspicion</c>, 0..1.</summary>
    public double SelfSuspicion { get; init; } = 0.30;

    /// <summary><c>end_budget</c>; null = max(5, 1 % of all machines).</summary>
    public int? EndBudget { get; init; }
}
