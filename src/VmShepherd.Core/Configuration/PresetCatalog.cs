using System.Collections.Frozen;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Configuration;

/// <summary>All presets in force at one moment, and what is wrong with the places they come from. Immutable; the same instance while nothing changes.</summary>
public sealed record PresetCatalog
{
    public static PresetCatalog Empty { get; } = new();

    /// <summary>Of the snapshot and the defaults.</summary>
    public string Revision { get; init; } = "";

    /// <summary>In force, by name (ordinal).</summary>
    public IReadOnlyDictionary<string, Preset> Presets { get; init; } = FrozenDictionary<string, Preset>.Empty;

    /// <summary>In the order of their origins.</summary>
    public IReadOnlyList<CatalogProblem> Problems { get; init; } = [];

    /// <summary>Presets that are gone from their source: their machines stay. Oldest first.</summary>
    public IReadOnlyList<ReleasedPreset> Released { get; init; } = [];

    /// <summary>New presets that look like one that vanished, by name: the other's name. Until a person says what is meant they make no machines (G17).</summary>
    public IReadOnlyDictionary<string, string> LookAlikes { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Where the place as a whole is in trouble, as beginnings of origins.</summary>
    internal IReadOnlyList<string> TroubledOrigins { get; init; } = [];

    /// <summary>Whether the preset's source could not be looked at lately, or says something else that can't be taken.</summary>
    internal bool IsStale(Preset preset) => Entries.GetValueOrDefault(preset.Origin) is { BadSince: not null } || IsAmong(TroubledOrigins, preset.Origin);

    /// <summary>Whether an origin is where a place is in trouble.</summary>
    internal static bool IsAmong(IReadOnlyList<string> troubled, string origin) => troubled.Any(beginning => origin.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>What was made of each source, so that an unchanged one is not read again.</summary>
    internal IReadOnlyDictionary<string, CatalogEntry> Entries { get; init; } = FrozenDictionary<string, CatalogEntry>.Empty;

    /// <summary>False when the driver failed, or never answered: the same snapshot must be looked at again.</summary>
    internal bool IsCurrent { get; init; }

    /// <summary>Every error and warning on every source that could be read, as <c>validate</c> prints them.</summary>
    public IEnumerable<Diagnostic> Diagnostics => Entries.OrderBy(e => e.Key, StringComparer.Ordinal).SelectMany(e => e.Value.Diagnostics);

    public IEnumerable<CatalogProblem> ProblemsOf(string preset) => Problems.Where(p => p.Preset == preset);
}

/// <summary>Something wrong with a source, or with the place as a whole.</summary>
/// <param name="Origin">Which source; empty = the place as a whole.</param>
/// <param name="Preset">The preset concerned, as far as it is known.</param>
/// <param name="Since">When it was first seen.</param>
/// <param name="Text">For the operator: what is wrong, and what is in force meanwhile.</param>
public sealed record CatalogProblem(string Origin, string? Preset, DateTimeOffset Since, string Text)
{
    /// <summary>Each mistake in its place; empty when the source could not be read at all.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
}

/// <param name="Name">The preset's name.</param>
/// <param name="Origin">Where it stood.</param>
/// <param name="At">When it was found to be gone.</param>
public sealed record ReleasedPreset(string Name, string Origin, DateTimeOffset At)
{
    /// <summary>As it was in force last.</summary>
    internal Preset? Last { get; init; }
}

/// <param name="Revision">Of the source and the defaults as they were read.</param>
/// <param name="Good">The last good preset of this source.</param>
/// <param name="BadSince">Since when the source is wrong; <see langword="null"/> = it is good.</param>
/// <param name="Trouble">What is wrong.</param>
/// <param name="Diagnostics">Errors and warnings, each in its place.</param>
sealed record CatalogEntry(string Revision, Preset? Good, DateTimeOffset? BadSince, string? Trouble, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The last good source itself, to be kept over a restart; <see langword="null"/> = it never was good.</summary>
    public PresetSource? Source { get; init; }

    /// <summary>The name in a source that is wrong otherwise; <see langword="null"/> = not even that can be read.</summary>
    public string? Name { get; init; }
}
