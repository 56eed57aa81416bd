namespace VmShepherd.Core.Configuration;

/// <summary>Whose machines those of an earlier name are. Nobody's, where two presets could mean them: no machine may have two masters.</summary>
static class PreviousNames
{
    /// <summary>Takes away the previous names that are not the preset's alone.</summary>
    /// <param name="presets">In force, by name; changed in place.</param>
    /// <param name="report">Told of each preset that does not get a name, and why.</param>
    internal static void Settle(Dictionary<string, Preset> presets, Action<Preset, string> report)
    {
        Preset[] renamed = [.. presets.Values.Where(preset => preset.PreviousNames.Count > 0).OrderBy(preset => preset.Name, StringComparer.Ordinal)];
        if (renamed.Length == 0) return;

        ILookup<string, Preset> claims = renamed.SelectMany(preset => preset.PreviousNames.Distinct(StringComparer.Ordinal).Select(name => (name, preset))).ToLookup(claim => claim.name, claim => claim.preset, StringComparer.Ordinal);
        foreach (Preset preset in renamed)
        {
            List<string> own = [];
            foreach (string name in preset.PreviousNames.Distinct(StringComparer.Ordinal))
            {
                if (presets.TryGetValue(name, out Preset? living) && living.Name != preset.Name)
                    report(preset, $"previous_names: '{name}' is a preset of its own ({living.Origin}): its machines are not counted here");
                else if (claims[name].Count() > 1)
                    report(preset, $"previous_names: '{name}' is also given by {string.Join(", ", claims[name].Where(other => other.Name != preset.Name).Select(other => $"'{other.Name}' ({other.Origin})"))}: its machines are counted by neither until one of them drops it");
                else if (name != preset.Name)
                    own.Add(name);
            }

            if (!own.SequenceEqual(preset.PreviousNames, StringComparer.Ordinal)) presets[preset.Name] = preset with { PreviousNames = own };
        }
    }
}
