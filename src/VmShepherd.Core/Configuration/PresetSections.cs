using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;
using static VmShepherd.Core.Configuration.PresetTable;

namespace VmShepherd.Core.Configuration;

/// <summary>One driver section of a preset, merged with the defaults.</summary>
/// <param name="Merged">What counts.</param>
/// <param name="Visible">What templates may see of it: no secrets, and of the defaults only what the driver declares.</param>
/// <param name="Driver">Bound and checked; <see langword="null"/> = there is none, or it is wrong.</param>
sealed record PresetSection(YamlMapping Merged, YamlMapping Visible, DriverReference? Driver);

/// <summary>Reads <c>iaas:</c> and <c>healthcheck:</c>: merges the defaults under them, keeps inherited secrets from being sent elsewhere, binds the driver.</summary>
sealed class PresetSections(DriverRegistry registry, Func<string, string?> environment, IReadOnlyList<string> mayOverride, DiagnosticList problems)
{
    readonly OptionBinder _binder = new(registry, environment, problems);

    internal PresetSection Read(string group, string path, YamlMapping own, YamlMapping defaults, KeySection core, bool required)
    {
        IReadOnlyCollection<string> coreKeys = core.Names;
        if (own.Find(MisspeltDelay) is not null && own.Find(TerminateDelay) is null) defaults = Only(defaults, e => e.Name != TerminateDelay);
        DriverDeclaration? inheritedDriver = Named(group, defaults);
        if ((Named(group, own) ?? inheritedDriver) is { } named) (own, defaults) = (WithoutAliases(own, named), WithoutAliases(defaults, named));
        YamlMapping merged = Merge(own, defaults);
        if (!required && merged.Find("driver") is not { Value: not YamlScalar { Value: null } })
        {
            if (merged.Entries.Any(e => !coreKeys.Contains(e.Name))) problems.Warn(merged, DiagnosticList.Join(path, "driver"), "is missing: nothing is checked, a machine that runs counts as healthy");
            return new PresetSection(merged, Visible(own, defaults, new Credentials(null, inheritedDriver), coreKeys), null);
        }
        if (_binder.FindDriver(group, merged, path) is not { } driver) return new PresetSection(merged, Visible(own, defaults, new Credentials(null, inheritedDriver), coreKeys), null);

        var credentials = new Credentials(driver, inheritedDriver);
        string? because = null;
        string[] redirected = [.. credentials.Redirected(own, defaults, environment).Except(mayOverride)];
        if (redirected.Length > 0)
        {
            because = $"this preset overrides {string.Join(", ", redirected.Select(k => $"'{k}'"))}: give it here, or have the operator name it in presets.may_override";
            string[] secrets = [.. credentials.SecretsIn(defaults).Except(credentials.SecretsIn(own))];
            if (secrets.Length > 0) problems.Warn(own, path, $"{string.Join(", ", secrets)} not inherited, because {because}");
            merged = Merge(own, credentials.Without(defaults));
        }
        DriverReference? bound = _binder.Bind(driver, new DriverSection(merged, path, coreKeys) { WithoutSecretsBecause = because });
        return new PresetSection(merged, Visible(own, defaults, credentials, coreKeys), bound);
    }

    /// <summary><c>visibility_grace</c>: the core's, though it stands among the driver's options.</summary>
    internal static TimeSpan? VisibilityGrace(KeyReader iaas) => iaas.Seconds("visibility_grace");

    /// <summary><c>terminate_health_failed_delay</c> in either spelling; <see langword="null"/> = never.</summary>
    internal static TimeSpan? TerminateAfter(KeyReader healthcheck, DiagnosticList problems)
    {
        double? misspelt = healthcheck.Number(MisspeltDelay);
        double? documented = healthcheck.Number(TerminateDelay);
        if (misspelt is not null)
            problems.Warn(healthcheck.Mapping.Find(MisspeltDelay)!.Key, healthcheck.PathOf(MisspeltDelay),
                $"is misspelt: write '{TerminateDelay}'{(documented is null ? "" : ", which stands here too and counts")}");
        if (documented >= 0 && misspelt is null)
            problems.Note(healthcheck.Mapping.Find(TerminateDelay)!.Key, healthcheck.PathOf(TerminateDelay),
                "VmShepherd 1 never obeyed this spelling: from now on machines that stay ill are ended and replaced");
        double delay = documented ?? misspelt ?? -1;
        return delay < 0 ? null : TimeSpan.FromSeconds(Math.Min(delay, ScalarReading.MaxSeconds));
    }

    DriverDeclaration? Named(string group, YamlMapping section) =>
        section.Find("driver")?.Value is { } node && ScalarReading.Text(node) is { } name ? registry.Find(group, name) : null;

    /// <summary>What nobody declares may be a misspelt secret of the operator's: templates are the preset owner's.</summary>
    static YamlMapping Visible(YamlMapping own, YamlMapping defaults, Credentials credentials, IReadOnlyCollection<string> coreKeys) =>
        Merge(credentials.Without(own), credentials.Without(Only(defaults, e => e.Name == "driver" || coreKeys.Contains(e.Name) || credentials.IsDeclared(e.Name)), onlyDeclared: true));

    /// <summary>Mappings are merged, anything else of the preset replaces what the defaults have.</summary>
    static YamlMapping Merge(YamlMapping own, YamlMapping defaults)
    {
        List<YamlEntry> entries = [];
        foreach (YamlEntry entry in own.Entries)
            entries.Add(entry.Value is YamlMapping inner && Like(entry, defaults)?.Value is YamlMapping under ? new YamlEntry(entry.Key, Merge(inner, under)) : entry);
        entries.AddRange(defaults.Entries.Where(d => Like(d, own) is null));
        return new YamlMapping(own.Tag, own.File, own.Line, own.Column) { Entries = entries };
    }

    /// <summary>The entry of the same key: 7 is another key than '7'.</summary>
    static YamlEntry? Like(YamlEntry entry, YamlMapping mapping) =>
        entry.Key.Value is string key ? mapping.Find(key) : mapping.Entries.FirstOrDefault(e => Equals(e.Key.Value, entry.Key.Value));

    /// <summary>One name for each option, so that the preset's value meets the one it replaces.</summary>
    static YamlMapping WithoutAliases(YamlMapping mapping, DriverDeclaration driver) => new(mapping.Tag, mapping.File, mapping.Line, mapping.Column)
    {
        Entries = [.. mapping.Entries.Select(e => driver.FindOption(e.Name) is { } option && option.Key != e.Name && mapping.Find(option.Key) is null
            && option.Spellings.First(s => mapping.Find(s) is not null) == e.Name
                ? new YamlEntry(new YamlScalar(e.Key.Tag, option.Key, e.Key.IsPlain, e.Key.File, e.Key.Line, e.Key.Column) { Value = option.Key }, e.Value)
                : e)],
    };

    static YamlMapping Only(YamlMapping mapping, Func<YamlEntry, bool> keep) =>
        new(mapping.Tag, mapping.File, mapping.Line, mapping.Column) { Entries = [.. mapping.Entries.Where(keep)] };
}
