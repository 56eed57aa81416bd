using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Status;

public enum CycleOutcome
{
    /// <summary>Nothing to do, nothing held.</summary>
    AtRest,

    /// <summary>All that was planned was done.</summary>
    Done,

    /// <summary>Some steps failed; the next cycle tries again.</summary>
    DoneWithFailures,

    /// <summary>A brake held something back.</summary>
    Held,

    /// <summary>Nothing may be done until a person decides (another scope, an invalid preset).</summary>
    Frozen,

    /// <summary>Another instance holds the preset now; what was not sent yet stays undone.</summary>
    LeaseLost,

    /// <summary>The look itself failed: nothing was done.</summary>
    Failed,
}

/// <summary>The full story of one preset in one cycle: what was seen, meant, done, held back, and why. Log line, metrics, panel, API and CLI print it.</summary>
public sealed record CycleReport
{
    public required string Preset { get; init; }
    public required CycleOutcome Outcome { get; init; }

    /// <summary>By the steady clock.</summary>
    public required DateTimeOffset Started { get; init; }
    public TimeSpan Took { get; init; }

    /// <summary>Which instance, under which token; default = no lease was needed.</summary>
    public string Instance { get; init; } = "";
    public LeaseToken Token { get; init; }

    /// <summary>Since when this instance manages the preset, without another in between.</summary>
    public DateTimeOffset ManagedSince { get; init; }

    /// <summary>The preset's source and revision.</summary>
    public string Origin { get; init; } = "";
    public string Revision { get; init; } = "";

    public int Desired { get; init; }
    public int Present { get; init; }

    /// <summary>Machines as seen; of a failed look, those of the last good one.</summary>
    public IReadOnlyList<MachineReport> Machines { get; init; } = [];
    public IReadOnlyList<StepResult> Steps { get; init; } = [];
    public IReadOnlyList<Hold> Held { get; init; } = [];
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What is wrong: a failed list, a broken file. Never a secret.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>How people's requests ended in this cycle.</summary>
    public IReadOnlyList<Answer> Answers { get; init; } = [];

    /// <summary>With the machines that were created in this very cycle: nobody should have to wait an interval to see them.</summary>
    internal CycleReport WithCreated(IReadOnlyList<StepResult> steps, DateTimeOffset now) => this with
    {
        Machines = [.. Machines, .. steps.Where(step => step is { Step: Step.Create, Vm: not null })
            .Select(step => new MachineReport(new Vm(step.Vm!, Preset, VmState.Pending, now), "pending", "just created"))],
    };

    /// <summary>With what a plan says of machines and brakes.</summary>
    internal CycleReport With(Plan plan) => this with
    {
        Present = plan.Present,
        Held = plan.Held,
        Machines = [.. plan.Machines.Select(machine => new MachineReport(machine.Vm, Classifier.StateName(machine.Vm, machine.Verdict), machine.Why))],
    };
}

/// <param name="Vm">As listed.</param>
/// <param name="State">As the API names it: <c>running, nearby_shutdown, after_time_shutdown, terminated, pending, unknown, error, unhealthy</c>.</param>
/// <param name="Why">What the shepherd makes of it.</param>
public sealed record MachineReport(Vm Vm, string State, string Why);

/// <param name="Step">What was meant. A create stands for one machine here.</param>
/// <param name="Vm">Which machine: of a create, the new one, when it was answered.</param>
/// <param name="Failure">What went wrong; null = accepted.</param>
/// <param name="Problem">In words.</param>
public sealed record StepResult(Step Step, string? Vm, IaasFailure? Failure, string? Problem);
