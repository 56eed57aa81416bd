using System.Collections.Frozen;

namespace VmShepherd.Core.Configuration;

/// <summary>
/// New presets that look like one that has just vanished: renamed or moved, most likely, and their machines still run under the old name. Whoever makes them anew
/// has two fleets. What is meant only a person can say. One that may be about to vanish, because two repositories are not read in the same moment, counts as well.
/// </summary>
static class LookAlikes
{
    /// <summary>So long a preset counts as just vanished.</summary>
    static readonly TimeSpan Lately = TimeSpan.FromDays(1);

    /// <param name="presets">In force now, by name.</param>
    /// <param name="released">Vanished, now or before.</param>
    /// <param name="previous">What was in force before.</param>
    /// <param name="now">For the age of what vanished.</param>
    /// <returns>The other preset's name by the new one's.</returns>
    internal static FrozenDictionary<string, string> Of(Dictionary<string, Preset> presets, List<ReleasedPreset> released, PresetCatalog previous, DateTimeOffset now)
    {
        HashSet<string> gone = [.. released.Select(preset => preset.Name)];
        Dictionary<string, string> alike = previous.LookAlikes.Where(pair => presets.ContainsKey(pair.Key) && gone.Contains(pair.Value)).ToDictionary(StringComparer.Ordinal);
        Preset[] vanished = [.. released.Where(preset => now - preset.At <= Lately).Select(preset => preset.Last).OfType<Preset>().Where(preset => preset.Count > 0)];
        HashSet<string> known = [.. previous.Presets.Keys, .. previous.Released.Select(preset => preset.Name)];
        Preset[] newcomers = known.Count == 0 ? [] : [.. presets.Values.Where(preset => !known.Contains(preset.Name))];
        if (newcomers.Length == 0) return alike.ToFrozenDictionary(StringComparer.Ordinal);

        ILookup<string, Preset> namesakes = previous.Presets.Values.Where(preset => preset.Count > 0 && presets.ContainsKey(preset.Name)).OrderBy(preset => preset.Name, StringComparer.Ordinal).ToLookup(preset => BareName(preset.Name), StringComparer.Ordinal);
        foreach (Preset newcomer in newcomers)
        {
            if ((Array.Find(vanished, old => IsAlike(old, newcomer)) ?? namesakes[BareName(newcomer.Name)].FirstOrDefault(old => IsTwin(old, newcomer))) is { } other) alike[newcomer.Name] = other.Name;
        }

        return alike.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>From the same file; or in the same account, and of the same make or of the same name in another repository.</summary>
    static bool IsAlike(Preset old, Preset newcomer) => old.Origin == newcomer.Origin
        || (old.Iaas.Key == newcomer.Iaas.Key && (old.SpecHash == newcomer.SpecHash || BareName(old.Name) == BareName(newcomer.Name)));

    /// <summary>Of the same make and name in another repository: perhaps it moves, and its old place was read first.</summary>
    static bool IsTwin(Preset old, Preset newcomer) => old.Iaas.Key == newcomer.Iaas.Key && old.SpecHash == newcomer.SpecHash;

    static string BareName(string name) => name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
