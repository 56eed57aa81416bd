using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;

namespace VmShepherd.Server.Status;

/// <summary>What the latest reports of this instance say, as gauges: counted when they are asked for, so nothing can drift from the board. What other instances manage they count themselves.</summary>
sealed class BoardMetrics : IDisposable
{
    static readonly string[] States =
        ["running", "nearby_shutdown", "after_time_shutdown", "terminated", "pending", "unknown", "error", "unhealthy"];

    readonly Shepherd _shepherd;
    readonly Meter _meter = new(Metrics.MeterName);

    /// <summary>Brakes that ever held: they go back to 0, rather than vanish.</summary>
    readonly ConcurrentDictionary<string, bool> _brakes = new(StringComparer.Ordinal);

    public BoardMetrics(Shepherd shepherd, TimeProvider time, bool perPreset)
    {
        _shepherd = shepherd;
        _meter.CreateObservableGauge("vmshepherd_source_problems", () => (long)shepherd.Catalog.Problems.Count, description: "Preset sources that can't be taken as they are: what was good last stays in force.");
        _meter.CreateObservableGauge("vmshepherd_source_problem_age_seconds", () => Age(shepherd.Catalog, time), description: "Since when the oldest of them is wrong; 0 = none is.");
        _meter.CreateObservableGauge("vmshepherd_presets_released", () => (long)shepherd.Catalog.Released.Count, description: "Presets gone from their source: nobody keeps their machines.");
        _meter.CreateObservableGauge("vmshepherd_presets", CountPresets, description: "Presets by how their last cycle ended.");
        _meter.CreateObservableGauge("vmshepherd_machines", CountMachines, description: "Machines by state, as last seen.");
        _meter.CreateObservableGauge("vmshepherd_machines_desired", () => Own.Sum(report => (long)report.Desired), description: "Machines that all presets want.");
        _meter.CreateObservableGauge("vmshepherd_brakes_held", CountBrakes, description: "Presets in which a brake holds something.");
        if (perPreset) AddPerPreset();
    }

    public void Dispose() => _meter.Dispose();

    IEnumerable<CycleReport> Own => _shepherd.Board.All.Where(report => report.Instance == _shepherd.Instance);

    static double Age(PresetCatalog catalog, TimeProvider time) =>
        catalog.Problems.Count == 0 ? 0 : Math.Max(0, (time.GetUtcNow() - catalog.Problems.Min(problem => problem.Since)).TotalSeconds);

    void AddPerPreset()
    {
        _meter.CreateObservableGauge("vmshepherd_preset_status", () => Own.Select(report =>
            new Measurement<long>(1, new("preset", report.Preset), new("status", Words.Of(report.Outcome)))), description: "1 for how the preset's last cycle ended.");
        _meter.CreateObservableGauge("vmshepherd_preset_machines", () => Own.SelectMany(report => Tally(report.Machines.Select(machine => machine.State))
            .Select(state => new Measurement<long>(state.Value, new("preset", report.Preset), new("state", state.Key)))), description: "The preset's machines by state.");
        _meter.CreateObservableGauge("vmshepherd_preset_machines_desired", () => Own.Select(report =>
            new Measurement<long>(report.Desired, new KeyValuePair<string, object?>("preset", report.Preset))), description: "Machines that the preset wants.");
        _meter.CreateObservableGauge("vmshepherd_preset_machines_present", () => Own.Select(report =>
            new Measurement<long>(report.Present, new KeyValuePair<string, object?>("preset", report.Preset))), description: "Machines of the preset that count.");
        _meter.CreateObservableGauge("vmshepherd_preset_brakes_held", () => Own.SelectMany(report => report.Held
            .Select(hold => hold.Brake).Distinct(StringComparer.Ordinal)
            .Select(brake => new Measurement<long>(1, new("preset", report.Preset), new("brake", brake)))), description: "1 for each brake that holds something of the preset.");
    }

    IEnumerable<Measurement<long>> CountPresets() =>
        Measure("status", Tally(Own.Select(report => Words.Of(report.Outcome)), Words.AllOutcomes));

    IEnumerable<Measurement<long>> CountMachines() =>
        Measure("state", Tally(Own.SelectMany(report => report.Machines).Select(machine => machine.State), States));

    IEnumerable<Measurement<long>> CountBrakes()
    {
        List<string> held = [.. Own.SelectMany(report => report.Held.Select(hold => hold.Brake).Distinct(StringComparer.Ordinal))];
        foreach (string brake in held) _brakes.TryAdd(brake, true);
        return Measure("brake", Tally(held, _brakes.Keys));
    }

    static IEnumerable<Measurement<long>> Measure(string label, Dictionary<string, long> counts) =>
        counts.Select(count => new Measurement<long>(count.Value, new KeyValuePair<string, object?>(label, count.Key)));

    static Dictionary<string, long> Tally(IEnumerable<string> words, IEnumerable<string>? always = null)
    {
        Dictionary<string, long> counts = (always ?? []).ToDictionary(word => word, _ => 0L, StringComparer.Ordinal);
        foreach (string word in words) counts[word] = counts.GetValueOrDefault(word) + 1;
        return counts;
    }
}
