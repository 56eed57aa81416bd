using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Where drivers are looked for beside those that come with the program.</summary>
public sealed record PluginSettings
{
    /// <summary>Searched when the settings do not say where.</summary>
    public const string DefaultFolder = "/etc/vmshepherd/plugins";

    /// <summary><c>plugins</c>, as written; <see langword="null"/> = <see cref="DefaultFolder"/> alone.</summary>
    public IReadOnlyList<string>? Folders { get; init; }

    /// <summary><c>driver_sources</c>: the name of a driver that several sources offer, to the source that is meant.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Whether the same drivers are found by them.</summary>
    public bool FindSame(PluginSettings other) =>
        (Folders ?? [DefaultFolder]).SequenceEqual(other.Folders ?? [DefaultFolder]) && Sources.OrderBy(s => s.Key, StringComparer.Ordinal).SequenceEqual(other.Sources.OrderBy(s => s.Key, StringComparer.Ordinal));

    internal static PluginSettings Read(KeyReader keys)
    {
        var sources = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlEntry entry in keys.Section("driver_sources")?.Entries ?? [])
        {
            if (ScalarReading.Text(entry.Value) is { } source) sources[entry.Name] = source;
            else keys.Wrong(entry.Value, "driver_sources", "the name of a plug-in behind each driver's name");
        }
        return new PluginSettings { Folders = keys.Texts("plugins"), Sources = sources };
    }
}
