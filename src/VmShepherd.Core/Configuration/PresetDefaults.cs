using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary><c>defaults</c> of the settings, as a tree: the preset reader merges it under each preset.</summary>
/// <param name="Revision">Hash of the tree: part of every preset's revision.</param>
/// <param name="Iaas">Merged under <c>iaas</c>.</param>
/// <param name="Healthcheck">Merged under <c>healthcheck</c>.</param>
public sealed record PresetDefaults(string Revision, IReadOnlyDictionary<string, object?> Iaas, IReadOnlyDictionary<string, object?> Healthcheck)
{
    /// <summary>The settings file's time stamp; <see langword="null"/> = not from a file.</summary>
    public DateTimeOffset? ChangedAt { get; init; }

    public static PresetDefaults None { get; } = Of(Empty, Empty, []);

    /// <summary>With positions, when they were read from a file.</summary>
    internal YamlMapping IaasTree { get; init; } = (YamlMapping)YamlPlain.From(Iaas, "defaults");
    internal YamlMapping HealthcheckTree { get; init; } = (YamlMapping)YamlPlain.From(Healthcheck, "defaults");

    static YamlMapping Empty => new(YamlResolver.Map, "defaults", 0, 0);

    internal static PresetDefaults Of(YamlMapping iaas, YamlMapping healthcheck, IReadOnlyList<string> mayOverride)
    {
        (IReadOnlyDictionary<string, object?> plainIaas, IReadOnlyDictionary<string, object?> plainHealthcheck) = (YamlPlain.Named(iaas), YamlPlain.Named(healthcheck));
        using var hash = new ContentHash();
        string revision = hash.AddPlain(plainIaas).AddPlain(plainHealthcheck).AddAll(mayOverride).Finish(16);
        return new PresetDefaults(revision, plainIaas, plainHealthcheck) { IaasTree = iaas, HealthcheckTree = healthcheck };
    }

    /// <summary>Never the options: some are secret.</summary>
    public override string ToString() => $"defaults {Revision}";
}
