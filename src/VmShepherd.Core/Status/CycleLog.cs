using System.Text;
using Microsoft.Extensions.Logging;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Status;

/// <summary>Prints reports as lines: one a preset and cycle. A preset at rest speaks at debug level, and once when it comes to rest.</summary>
sealed class CycleLog(ILogger log)
{
    /// <summary>A line stays a line.</summary>
    const int MostWords = 20;

    public void Cycle(CycleReport? before, CycleReport report)
    {
        if (report.Outcome == CycleOutcome.AtRest && report.Problems.Count == 0 && before?.Outcome == CycleOutcome.AtRest)
        {
            Log.AtRest(log, report.Preset, report.Present, report.Desired);
            return;
        }

        bool troubled = report.Problems.Count > 0 || report.Outcome is not (CycleOutcome.AtRest or CycleOutcome.Done or CycleOutcome.Held);
        if (!log.IsEnabled(troubled ? LogLevel.Warning : LogLevel.Information)) return;
        string details = Details(report);
        if (troubled) Log.CycleTroubled(log, report.Preset, report.Outcome, report.Present, report.Desired, details);
        else Log.CycleEnded(log, report.Preset, report.Outcome, report.Present, report.Desired, details);
    }

    /// <summary>What changed from one catalog to the next.</summary>
    public void Catalog(PresetCatalog before, PresetCatalog now)
    {
        foreach (CatalogProblem problem in now.Problems.Except(before.Problems)) Log.PresetProblem(log, problem.Text);
        if (before.Revision != now.Revision) Log.PresetsChanged(log, now.Presets.Count, now.Revision);
    }

    static string Details(CycleReport report)
    {
        IEnumerable<string> words =
        [
            .. report.Problems.Select(problem => $"problem: {problem}"),
            .. report.Steps.Select(Word),
            .. report.Held.Select(hold => $"held by {hold.Brake} since {hold.Since:u}: {hold.Reason}; until {hold.Release}"),
            .. report.Notes,
            .. report.Machines.Where(machine => machine.Why != Classifier.Fine).Select(machine => $"{machine.Vm.Id} {machine.State}: {machine.Why}"),
        ];
        var line = new StringBuilder();
        foreach (string word in words.Take(MostWords)) line.Append("; ").Append(word);
        int more = words.Count() - MostWords;
        return more > 0 ? line.Append($"; and {more} more").ToString() : line.ToString();
    }

    static string Word(StepResult result)
    {
        string what = result.Step is Step.Terminate end ? $"end {end.Vm} ({end.Cause}: {end.Reason})" : $"create {result.Vm ?? "a machine"} ({result.Step.Reason})";
        return result.Problem is null ? what : $"{what} failed: {result.Problem}";
    }
}
