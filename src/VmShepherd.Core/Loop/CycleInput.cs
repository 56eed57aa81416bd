using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Loop;

/// <summary>What one cycle works with, fixed when it starts.</summary>
sealed record CycleInput(Preset Preset, IReadOnlySet<string> SharedWith, IaasAccess Iaas, IHealthcheckDriver? Healthcheck, Settings Settings, TimeSpan Interval)
{
    /// <summary>The vanished preset that this new one looks like (G17).</summary>
    public string? LooksLike { get; init; }

    /// <summary>Its source could not be looked at lately: what it said last is in force.</summary>
    public bool IsStale { get; init; }

    /// <summary>How its place came to say what it says.</summary>
    public SourceMove Move { get; init; } = SourceMove.None;

    /// <summary>What it remembers, with what its source says now (G17) and what people say of pauses (G20) weighed.</summary>
    /// <param name="past">Remembered.</param>
    /// <param name="requests">Of people.</param>
    /// <param name="instance">Who looks.</param>
    /// <param name="isShared">Whether other instances may have looked.</param>
    /// <param name="now">Steady.</param>
    public History Weigh(History past, IReadOnlyList<Request> requests, string instance, bool isShared, DateTimeOffset now) =>
        SourceDoubts.Weigh(Pauses.Weigh(past, requests, now), Preset, new SourceFacts(LooksLike, SharedWith, IsStale) { Instance = instance, IsShared = isShared, Move = Move }, requests, now);

    /// <summary>With the count to be kept: what the source says, unless that is in doubt; and with the reason why what it says does not count at all.</summary>
    public CycleInput Keeping(History past)
    {
        string? superseded = past.Applied is { } applied ? VersionOrder.Superseded(applied, Preset) : null;
        int count = past.Count ?? Preset.Count;
        return count == Preset.Count && superseded is null ? this : this with { Preset = Preset with { Count = count, Superseded = superseded } };
    }
}
