using System.Globalization;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <summary>How this instance's place came to say what it says.</summary>
/// <param name="At">When it began to, as this process saw it; <see langword="null"/> = it has said so since this process began to look.</param>
/// <param name="Earlier">Revisions that this process saw there before, the latest last.</param>
public sealed record SourceMove(DateTimeOffset? At, IReadOnlyList<string> Earlier)
{
    public static SourceMove None { get; } = new(null, []);
}

/// <summary>
/// Which version of a preset counts, when instances that share a store see different ones: the one that was applied, until somebody sees a later one. Whoever sees an older
/// one, or one whose order can't be told, neither creates nor ends by it. So no two instances undo each other's work, cycle after cycle.
/// </summary>
static class VersionOrder
{
    /// <summary>Versions that are remembered as superseded.</summary>
    const int MaxPast = 8;

    /// <summary>What is applied from now on. Unchanged while what is applied counts.</summary>
    internal static AppliedVersion Apply(AppliedVersion? applied, Preset preset, SourceFacts facts, bool isConfirmed, DateTimeOffset now)
    {
        if (applied is null) return new AppliedVersion(preset.Version, now, facts.Instance, preset.Location);
        if (applied.Version.Says(preset.Version)) return applied;
        if (facts.IsShared && !isConfirmed && !Follows(applied, preset, facts.Move)) return applied;
        return new AppliedVersion(preset.Version, now, facts.Instance, preset.Location) { Past = [.. applied.Past.Append(applied.Version).TakeLast(MaxPast)] };
    }

    /// <summary>Why this instance must not act by what it sees; null = it may.</summary>
    internal static string? Superseded(AppliedVersion applied, Preset preset)
    {
        if (applied.Version.Says(preset.Version)) return null;
        bool isOlder = IsSuperseded(applied, preset.Version) || applied.Version.IsLaterThan(preset.Version);
        return $"this instance sees {Words(preset.Location, preset.Version)}, but {applied.By} has applied {Words(applied.Location, applied.Version)}: "
            + (isOlder ? "what is seen here is older" : "which of the two is meant can't be told");
    }

    /// <summary>
    /// Later by what this process saw with its own eyes: the place said what is applied, and has said something else since; so a revision that is taken back is followed. Else by the
    /// places' clocks. What was applied before, and superseded, comes back by its place's saying so anew only: an instance that lags behind sees it for the first time.
    /// </summary>
    static bool Follows(AppliedVersion applied, Preset preset, SourceMove move)
    {
        bool isSeen = move.At > applied.At && move.Earlier.Contains(applied.Version.Revision, StringComparer.Ordinal);
        return IsSuperseded(applied, preset.Version)
            ? isSeen && move.Earlier.Contains(preset.Version.Revision, StringComparer.Ordinal)
            : isSeen || preset.Version.IsLaterThan(applied.Version);
    }

    /// <summary>Whether it was applied before, and no part that says something else now has come later since. Each host has time stamps of its own for what is the same.</summary>
    static bool IsSuperseded(AppliedVersion applied, PresetVersion version) => applied.Past.Any(past => past.Says(version)
        && (version.Source == applied.Version.Source || !(version.SourceAt > past.SourceAt))
        && (version.Defaults == applied.Version.Defaults || !(version.DefaultsAt > past.DefaultsAt)));

    static string Words(string location, PresetVersion version)
    {
        string source = version.Source.Length > 12 ? version.Source[..12] : version.Source;
        string defaults = version.Defaults.Length > 12 ? version.Defaults[..12] : version.Defaults;
        return string.Create(CultureInfo.InvariantCulture, $"{location} {source}{At(version.SourceAt)} with defaults {defaults}{At(version.DefaultsAt)}");
    }

    static string At(DateTimeOffset? at) => at is { } time ? string.Create(CultureInfo.InvariantCulture, $" of {time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z") : "";
}
