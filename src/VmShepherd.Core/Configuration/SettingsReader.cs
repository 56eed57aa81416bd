using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Core.Configuration;

/// <param name="Settings"><see langword="null"/> when there is any error.</param>
/// <param name="Diagnostics">Every mistake at once, in the order of the file.</param>
public sealed record SettingsReading(Settings? Settings, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>What is to be said on every start; notes are for `validate`.</summary>
    public IEnumerable<Diagnostic> Troubles => Diagnostics.Where(diagnostic => diagnostic.Severity > Severity.Note);
}

/// <summary>Reads the settings file and says everything that is wrong with it.</summary>
public static class SettingsReader
{
    static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(0.1);

    /// <param name="bytes">The whole file.</param>
    /// <param name="fileName">As the operator named it.</param>
    /// <param name="registry">The drivers there are.</param>
    /// <param name="environment">Fills driver options that name a variable; <see langword="null"/> = the process's.</param>
    public static SettingsReading Read(ReadOnlySpan<byte> bytes, string fileName, DriverRegistry registry, Func<string, string?>? environment = null)
    {
        YamlReading document = YamlReader.Read(bytes, fileName);
        var problems = new DiagnosticList();
        foreach (Diagnostic diagnostic in document.Diagnostics) problems.Add(diagnostic);
        if (document.Root is null) return new SettingsReading(null, problems.Sorted());
        if (document.Root is not YamlMapping mapping)
        {
            problems.Error(document.Root, "", $"expected the settings, a mapping with 'runtime' and 'presets', this is {document.Root.Kind}");
            return new SettingsReading(null, problems.Sorted());
        }

        var keys = new KeyReader(mapping, "", SettingsTable.All, problems);
        var binder = new OptionBinder(registry, environment ?? Environment.GetEnvironmentVariable, problems);
        Settings? settings = Settings(keys, binder, problems, fileName);
        keys.WarnUnknown();
        return new SettingsReading(problems.HasErrors ? null : settings, problems.Sorted());
    }

    /// <summary>Where drivers are to be looked for: needed before the rest can be read. What is wrong there, reading the rest says.</summary>
    public static PluginSettings ReadPlugins(ReadOnlySpan<byte> bytes, string fileName) =>
        YamlReader.Read(bytes, fileName).Root is YamlMapping mapping ? PluginSettings.Read(new KeyReader(mapping, "", SettingsTable.All, new DiagnosticList())) : new PluginSettings();

    static Settings? Settings(KeyReader keys, OptionBinder binder, DiagnosticList problems, string fileName)
    {
        DriverReference? runtime = Driver(keys, binder, DriverGroup.Runtime, "runtime", KeySection.Empty);
        DriverReference? presets = Driver(keys, binder, DriverGroup.Presets, "presets", SettingsTable.PresetSource);
        IReadOnlyList<string> mayOverride = keys.Mapping.Find("presets")?.Value is YamlMapping section
            ? new KeyReader(section, "presets", SettingsTable.PresetSource, problems).Texts("may_override") ?? []
            : [];
        PresetDefaults defaults = Defaults(keys, binder, problems, mayOverride);
        var plain = new Settings { File = fileName, Runtime = runtime!, Presets = presets!, Defaults = defaults };
        Settings all = plain with
        {
            WorkerInterval = WorkerInterval(keys, problems) ?? plain.WorkerInterval,
            LogLevel = keys.Word("log_level") ?? plain.LogLevel,
            Installation = keys.Text("installation") ?? plain.Installation,
            Http = keys.Section("http") is { } http ? HttpSettingsReader.Read(http, problems) : plain.Http,
            Canaries = Canaries(keys),
            SelfSuspicion = keys.Share("self_suspicion") ?? plain.SelfSuspicion,
            EndBudget = keys.Integer("end_budget"),
            Plugins = PluginSettings.Read(keys),
            PerPresetMetrics = PerPreset(keys, problems),
            MayOverride = mayOverride,
        };
        return runtime is null || presets is null ? null : all;
    }

    static DriverReference? Driver(KeyReader keys, OptionBinder binder, string group, string key, KeySection core)
    {
        if (keys.Required(key) is not { } node) return null;
        if (node is not YamlMapping section)
        {
            keys.Wrong(node, key, "a mapping with 'driver'");
            return null;
        }
        return binder.FindDriver(group, section, key) is { } driver ? binder.Bind(driver, new DriverSection(section, key, core.Names)) : null;
    }

    /// <summary>Defaults are checked here once, as far as they say which driver they are for.</summary>
    static PresetDefaults Defaults(KeyReader keys, OptionBinder binder, DiagnosticList problems, IReadOnlyList<string> mayOverride)
    {
        YamlMapping none = new(YamlResolver.Map, "defaults", 0, 0);
        if (keys.Section("defaults") is not { } defaults) return PresetDefaults.Of(none, none, mayOverride);

        var inner = new KeyReader(defaults, "defaults", SettingsTable.Defaults, problems);
        YamlMapping iaas = inner.Section("iaas") ?? none;
        YamlMapping healthcheck = inner.Section("healthcheck") ?? none;
        inner.WarnUnknown();
        Check(DriverGroup.Iaas, iaas, "defaults.iaas", PresetTable.Iaas);
        Check(DriverGroup.Healthcheck, healthcheck, "defaults.healthcheck", PresetTable.Healthcheck);
        PresetSections.VisibilityGrace(new KeyReader(iaas, "defaults.iaas", PresetTable.Iaas, problems));
        PresetSections.TerminateAfter(new KeyReader(healthcheck, "defaults.healthcheck", PresetTable.Healthcheck, problems), problems);
        return PresetDefaults.Of(iaas, healthcheck, mayOverride);

        void Check(string group, YamlMapping section, string path, KeySection core)
        {
            if (section.Find("driver") is not { Value: not YamlScalar { Value: null } }) return;
            if (binder.FindDriver(group, section, path) is { } driver) binder.Bind(driver, new DriverSection(section, path, core.Names) { IsPartial = true });
        }
    }

    static TimeSpan? WorkerInterval(KeyReader keys, DiagnosticList problems)
    {
        TimeSpan? interval = keys.Seconds("worker_interval");
        if (interval is null || interval >= LeastInterval) return interval;
        problems.Warn(keys.Mapping.Find("worker_interval")!.Value, "worker_interval", "less than 0.1 s would spin: 0.1 s is used");
        return LeastInterval;
    }

    static List<Uri> Canaries(KeyReader keys)
    {
        List<Uri> canaries = [];
        if (keys.Texts("canaries") is null || keys.Find("canaries") is not YamlSequence list) return canaries;
        foreach (YamlNode item in list.Items)
        {
            if (ScalarReading.Text(item) is not { } text) continue;
            if (Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https") canaries.Add(address);
            else keys.Wrong(item, "canaries", "http or https addresses");
        }
        return canaries;
    }

    static bool PerPreset(KeyReader keys, DiagnosticList problems)
    {
        if (keys.Section("metrics") is not { } section) return false;
        var metrics = new KeyReader(section, "metrics", SettingsTable.Metrics, problems);
        bool perPreset = metrics.Boolean("per_preset") ?? false;
        metrics.WarnUnknown();
        return perPreset;
    }
}
