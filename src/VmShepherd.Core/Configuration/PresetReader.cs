using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Core.Configuration;

/// <param name="Preset"><see langword="null"/> when there is any error.</param>
/// <param name="Diagnostics">Every mistake of this source at once. What is wrong with the defaults is said with the settings, not here, unless it makes the preset invalid.</param>
public sealed record PresetReading(Preset? Preset, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The preset's name, when at least that could be read.</summary>
    public string? Name { get; init; }
}

/// <summary>Reads one source: merges the defaults under it, checks every key, binds its drivers.</summary>
public sealed class PresetReader(DriverRegistry registry, Func<string, string?>? environment = null)
{
    static readonly TimeSpan LeastExpire = TimeSpan.FromSeconds(15);

    /// <param name="source">With content.</param>
    /// <param name="settings">Its defaults are merged under the preset.</param>
    public PresetReading Read(PresetSource source, Settings settings)
    {
        var problems = new DiagnosticList();
        if (Root(source, problems) is not { } root) return new PresetReading(null, problems.Sorted());

        Preset? preset = Preset(source, settings, root, problems, out string? name);
        // The settings reader has given the warnings on the defaults already, once for all presets.
        Diagnostic[] own = [.. problems.Sorted().Where(d => d.Severity == Severity.Error || d.File == source.Location)];
        return new PresetReading(problems.HasErrors ? null : preset, own) { Name = name };
    }

    /// <summary>The same preset in a later commit that did not touch it: the files it names are that commit's.</summary>
    internal static Preset MovedTo(PresetSource source, Preset preset) => WithFiles(source, preset) with { Location = source.Location, Commit = source.Commit };

    /// <summary>The same preset, which reads the files of this source.</summary>
    internal static Preset WithFiles(PresetSource source, Preset preset)
    {
        var document = new OrderedDictionary<string, object?>(preset.Document, StringComparer.Ordinal);
        if (source.Files is { } files) document["userdata_source_root"] = files.Root;
        return preset with { Userdata = preset.Userdata.Text is null ? preset.Userdata : preset.Userdata with { Files = source.Files }, Document = document };
    }

    static YamlMapping? Root(PresetSource source, DiagnosticList problems)
    {
        YamlNode? root;
        switch (source.Content)
        {
            case PresetContent.Yaml yaml:
                YamlReading document = YamlReader.Read(yaml.Bytes.Span, source.Location);
                foreach (Diagnostic diagnostic in document.Diagnostics) problems.Add(diagnostic);
                root = document.Root;
                break;
            case PresetContent.Document value:
                try
                {
                    root = YamlPlain.From(value.Value, source.Location);
                }
                catch (ArgumentException e)
                {
                    problems.Add(new Diagnostic(Severity.Error, source.Location, 0, 0, "", e.Message));
                    return null;
                }
                break;
            default:
                problems.Add(new Diagnostic(Severity.Error, source.Location, 0, 0, "", source.Problem ?? "could not be read"));
                return null;
        }
        if (root is YamlScalar { Value: null }) problems.Error(root, "", "the file is empty: a preset needs 'name', 'count', 'image' and 'flavor'");
        else if (root is not (null or YamlMapping)) problems.Error(root, "", $"expected a preset, a mapping with 'name' and 'count', this is {root.Kind}");
        return root as YamlMapping;
    }

    Preset? Preset(PresetSource source, Settings settings, YamlMapping root, DiagnosticList problems, out string? name)
    {
        var keys = new KeyReader(root, "", PresetTable.All, problems);
        name = PresetKeys.Name(keys, source.NamePrefix);
        int? count = keys.Required("count") is null ? null : keys.Integer("count");
        bool unmanaged = keys.Boolean("unmanaged") ?? false;

        var sections = new PresetSections(registry, environment ?? Environment.GetEnvironmentVariable, settings.MayOverride, problems);
        PresetDefaults defaults = settings.Defaults;
        PresetSection iaas = sections.Read(DriverGroup.Iaas, "iaas", Own(keys, "iaas"), defaults.IaasTree, PresetTable.Iaas, required: true);
        PresetSection healthcheck = sections.Read(DriverGroup.Healthcheck, "healthcheck", Own(keys, "healthcheck"), defaults.HealthcheckTree, PresetTable.Healthcheck, required: false);

        IReadOnlyDictionary<string, object?> tags = keys.Section("meta_tags") is { } given ? YamlPlain.Named(given) : System.Collections.ObjectModel.ReadOnlyDictionary<string, object?>.Empty;
        var preset = new Preset(name ?? "", count ?? 0)
        {
            Origin = source.Origin,
            Location = source.Location,
            Commit = source.Commit,
            Version = new PresetVersion(source.Revision, source.ChangedAt, defaults.Revision, defaults.ChangedAt),
            Image = PresetKeys.Image(keys, unmanaged),
            Flavor = PresetKeys.Flavor(keys, unmanaged, problems),
            Userdata = keys.Text("userdata") is { Length: > 0 } text ? new Userdata(text, source.Files) { At = keys.Find("userdata") } : Userdata.None,
            KeyName = keys.Text("key_name"),
            Network = PresetKeys.Network(keys, problems),
            MetaTags = tags,
            PanelLinks = PresetKeys.PanelLinks(keys),
            ManageInterval = keys.Seconds("manage_interval") ?? TimeSpan.FromSeconds(60),
            ManageExpire = ManageExpire(keys, problems),
            Unmanaged = unmanaged,
            ScaleIn = PresetKeys.ScaleIn(keys),
            PreviousNames = keys.Texts("previous_names") ?? [],
            Iaas = iaas.Driver!,
            Healthcheck = healthcheck.Driver,
            Health = Health(keys, healthcheck, problems),
            Limits = Limits(keys, iaas, problems),
        };
        PresetKeys.WarnNearlyKnown(keys, problems);
        if (problems.HasErrors || iaas.Driver is null) return null;
        return preset with { SpecHash = SpecHash(preset), Document = Document(preset, source, keys, iaas, healthcheck) };
    }

    static YamlMapping Own(KeyReader keys, string key) => keys.Section(key) ?? new YamlMapping(YamlResolver.Map, keys.Mapping.File, keys.Mapping.Line, keys.Mapping.Column);

    static TimeSpan ManageExpire(KeyReader keys, DiagnosticList problems)
    {
        TimeSpan expire = keys.Seconds("manage_expire") ?? TimeSpan.FromSeconds(120);
        if (expire >= LeastExpire) return expire;
        problems.Warn(keys.Mapping.Find("manage_expire")!.Value, "manage_expire", "less than 15 s leaves no time to act: 15 s is used");
        return LeastExpire;
    }

    static HealthPolicy Health(KeyReader keys, PresetSection healthcheck, DiagnosticList problems)
    {
        var plain = new HealthPolicy();
        return new HealthPolicy
        {
            TerminateAfter = PresetSections.TerminateAfter(new KeyReader(healthcheck.Merged, "healthcheck", PresetTable.Healthcheck, problems), problems),
            StartupGrace = keys.Seconds("startup_grace") ?? plain.StartupGrace,
        };
    }

    static SafetyLimits Limits(KeyReader keys, PresetSection iaas, DiagnosticList problems)
    {
        var plain = new SafetyLimits();
        return new SafetyLimits
        {
            VisibilityGrace = PresetSections.VisibilityGrace(new KeyReader(iaas.Merged, "iaas", PresetTable.Iaas, problems)),
            MaxVanished = keys.Share("max_vanished") ?? plain.MaxVanished,
            MaxDead = keys.Share("max_dead") ?? plain.MaxDead,
            MaxUnhealthy = keys.Share("max_unhealthy") ?? plain.MaxUnhealthy,
            HoldProbe = keys.Seconds("hold_probe") ?? plain.HoldProbe,
            ReplacePace = keys.Share("replace_pace") ?? plain.ReplacePace,
            CreationTimeout = keys.Seconds("creation_timeout") ?? plain.CreationTimeout,
        };
    }

    static string SpecHash(Preset preset)
    {
        using var hash = new ContentHash();
        return hash.Add(preset.Image).Add(preset.Flavor).Add(preset.KeyName)
            .AddAll(preset.Network.SecurityGroups).Add(preset.Network.AvailabilityZone).AddAll(preset.Network.Subnets)
            .Add(preset.Userdata.Text).AddPlain(preset.MetaTags).Finish(16);
    }

    static OrderedDictionary<string, object?> Document(Preset preset, PresetSource source, KeyReader keys, PresetSection iaas, PresetSection healthcheck)
    {
        var document = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (YamlEntry entry in keys.Mapping.Entries.Where(e => e.Key.Value is string)) document[entry.Name] = YamlPlain.Typed(entry.Value);
        document["name"] = preset.Name;
        document["meta_tags"] = keys.Section("meta_tags") is { } tags ? YamlPlain.Typed(tags) : preset.MetaTags;
        document["iaas"] = YamlPlain.Typed(iaas.Visible);
        document["healthcheck"] = YamlPlain.Typed(healthcheck.Visible);
        if (source.Files is { } files) document["userdata_source_root"] = files.Root;
        return document;
    }
}
