using VmShepherd.Core.Status;

namespace Core.Tests.Simulation;

/// <summary>Which guards have fired, as the reports tell: a guard that never fires in all storms is not proven by them.</summary>
static class Guards
{
    /// <summary>By the table of guards; "source" and "lease" are counted where they happen.</summary>
    public static readonly string[] All =
    [
        "guard: doubt", "guard: vanished", "guard: sudden-death", "guard: mass-failure", "guard: mass-failure probe", "guard: self-suspicion", "guard: canaries", "guard: pace",
        "guard: installation-pace", "guard: crash-loop", "guard: first-look", "guard: no-memory", "guard: scope", "guard: failures", "guard: start-up", "guard: stuck",
        "guard: owner", "guard: describe", "guard: lease", "guard: source",
    ];

    public static void Count(CycleReport report, Tally tally)
    {
        tally.Add($"outcome: {report.Outcome}");
        foreach (var hold in report.Held)
        {
            tally.Add($"guard: {hold.Brake}");
            if (hold.Reason.Contains("as a probe", StringComparison.Ordinal)) tally.Add("guard: mass-failure probe");
            if (hold.Reason.StartsWith("every canary", StringComparison.Ordinal)) tally.Add("guard: canaries");
        }

        if (report.Outcome == CycleOutcome.LeaseLost) tally.Add("guard: lease");
        foreach (var step in report.Steps)
            if (step.Problem?.StartsWith("not sent: two thirds", StringComparison.Ordinal) == true) tally.Add("guard: lease, between two steps");

        foreach (var machine in report.Machines)
        {
            if (machine.Why == "fine") continue;
            if (machine.Why.StartsWith("check fails during start-up", StringComparison.Ordinal)) tally.Add("guard: start-up");
            else if (machine.Why.EndsWith("longer than creation_timeout", StringComparison.Ordinal)) tally.Add("guard: stuck");
            else if (machine.Why.StartsWith("belongs to installation", StringComparison.Ordinal)) tally.Add("guard: owner");
            else if (machine.Why is "the IaaS tells only a part of it" or "state unknown") tally.Add("guard: describe");
        }
    }
}
