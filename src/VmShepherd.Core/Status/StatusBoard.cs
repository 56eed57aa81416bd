using System.Collections.Concurrent;

namespace VmShepherd.Core.Status;

/// <summary>The latest report of every preset, for API, panel and metrics.</summary>
public sealed class StatusBoard
{
    readonly ConcurrentDictionary<string, CycleReport> _latest = new(StringComparer.Ordinal);

    /// <summary>In ordinal order of the names.</summary>
    public IReadOnlyList<CycleReport> All => [.. _latest.Values.OrderBy(report => report.Preset, StringComparer.Ordinal)];

    public CycleReport? Find(string preset) => _latest.GetValueOrDefault(preset);

    public void Post(CycleReport report) => _latest[report.Preset] = report;

    /// <summary>The report of a look of this instance. One that failed has seen no machines: that is not to say that there are none, so those of the last good look are shown.</summary>
    /// <returns>As it is shown.</returns>
    public CycleReport Post(CycleReport report, bool isBlind)
    {
        CycleReport? last = Find(report.Preset);
        report = report with { ManagedSince = last?.Instance == report.Instance && last.ManagedSince != default ? last.ManagedSince : report.Started };
        if (isBlind && last is not null) report = report with { Machines = last.Machines, Present = last.Present };
        Post(report);
        return report;
    }

    /// <summary>A released preset is no longer reported on.</summary>
    public void Remove(string preset) => _latest.TryRemove(preset, out _);
}
