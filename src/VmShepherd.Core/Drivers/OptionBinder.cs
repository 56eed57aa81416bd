using System.Collections;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Drivers;

/// <summary>Where a driver's options stand, and what else the binder must know of the place.</summary>
/// <param name="Mapping">The section, <c>driver:</c> and all.</param>
/// <param name="Path">Of the section, for messages.</param>
/// <param name="CoreKeys">Keys of the section that are not the driver's.</param>
sealed record DriverSection(YamlMapping Mapping, string Path, IReadOnlyCollection<string> CoreKeys)
{
    /// <summary>Part of a whole that is completed elsewhere (<c>defaults</c>): what is missing is no mistake yet.</summary>
    internal bool IsPartial { get; init; }

    /// <summary>Why secrets may not be filled from outside the section; <see langword="null"/> = they may.</summary>
    internal string? WithoutSecretsBecause { get; init; }
}

/// <summary>Binds a section of a file to the options class of its driver, and says everything that is wrong with it.</summary>
sealed class OptionBinder(DriverRegistry registry, Func<string, string?> environment, DiagnosticList problems)
{
    /// <summary>The driver that <c>driver:</c> names.</summary>
    internal DriverDeclaration? FindDriver(string group, YamlMapping section, string path)
    {
        string at = DiagnosticList.Join(path, "driver");
        if (section.Find("driver") is not { Value: not YamlScalar { Value: null } } entry)
        {
            problems.Error(section, at, $"is missing: there are {registry.Listed(group)}");
            return null;
        }
        string? name = ScalarReading.Text(entry.Value);
        DriverDeclaration? driver = name is null ? null : registry.Find(group, name);
        if (driver is null && name is not null && registry.WhyNot(group, name) is { } why)
        {
            problems.Error(entry.Value, at, $"driver '{name}' can't be used: {why}");
        }
        else if (driver is null)
        {
            string hint = Spelling.DidYouMean(name ?? "", registry.NamesIn(group));
            problems.Error(entry.Value, at, $"unknown driver {ScalarReading.Described(entry.Value)}{(hint.Length == 0 ? ":" : hint)} there are {registry.Listed(group)}");
        }
        return driver;
    }

    /// <summary><see langword="null"/> when anything is wrong, and then it has been said.</summary>
    internal DriverReference? Bind(DriverDeclaration driver, DriverSection section)
    {
        object options = driver.NewOptions();
        bool good = true;
        foreach (DriverOption option in driver.Options) good &= BindOption(driver, option, options, section);
        WarnUnknown(driver, driver.Options, section with { CoreKeys = [.. section.CoreKeys, "driver"] });
        return good ? new DriverReference(driver.Group, driver.Name, KeyOf(driver, options), options) : null;
    }

    bool BindOption(DriverDeclaration driver, DriverOption option, object options, DriverSection section)
    {
        string path = DiagnosticList.Join(section.Path, option.Key);
        YamlNode? node = Written(option, section);
        if (node is not null && option.Declared.Ignored) problems.Warn(node, path, "has no effect here: remove it");
        if (node is null && !(option.IsSecret && section.WithoutSecretsBecause is not null)) node = FromEnvironment(option);
        if (node is null)
        {
            if (!option.Declared.Required || section.IsPartial) return true;
            string hint = option.Declared.Environment is { } variable ? $" (or set {variable})" : "";
            problems.Error(section.Mapping, path, option.IsSecret && section.WithoutSecretsBecause is { } because
                ? $"is missing: it is not inherited, because {because}"
                : $"is missing: {driver.Name} needs it{hint}");
            return false;
        }

        if (node is YamlMapping named) WarnRenamed(named, path);
        if (option.Group is not null && node is YamlMapping groups) return BindGroups(driver, option, options, section with { Mapping = groups, Path = path, CoreKeys = [] });

        object? value = option.Group is null ? OptionValue.Read(option.Type, node) : null;
        if (value is null || !WithinBounds(option, value))
        {
            // An address may hold a password.
            bool isHidden = option.IsSecret || (node is YamlScalar { Text: var text } && text.Contains("://", StringComparison.Ordinal));
            string shown = isHidden ? node.Kind : ScalarReading.Described(node);
            string from = node.Line == 0 && option.Declared.Environment is { } variable && node.File == variable ? $" (from the environment variable {variable})" : "";
            problems.Error(from.Length == 0 ? node : section.Mapping, path, $"expected {OptionValue.Expected(option.Type)}{OptionValue.Bounds(option)}, this is {shown}{from}");
            return false;
        }
        option.Set(options, value);
        return true;
    }

    bool BindGroups(DriverDeclaration driver, DriverOption option, object options, DriverSection section)
    {
        var groups = (IDictionary)Activator.CreateInstance(typeof(OrderedDictionary<,>).MakeGenericType(typeof(string), option.Group!))!;
        bool good = true;
        foreach (YamlEntry entry in section.Mapping.Entries)
        {
            object group = option.NewGroup();
            DriverSection inner = section with { Mapping = Group(option, entry), Path = DiagnosticList.Join(section.Path, entry.Name) };
            foreach (DriverOption own in option.GroupOptions) good &= BindOption(driver, own, group, inner);
            WarnUnknown(driver, option.GroupOptions, inner);
            groups[entry.Name] = group;
        }
        option.Set(options, groups);
        return good;
    }

    /// <summary>The options of one group, which may be given as a text alone.</summary>
    internal static YamlMapping Group(DriverOption option, YamlEntry entry)
    {
        if (entry.Value is YamlMapping written) return written;
        string first = option.GroupOptions[0].Key;
        var key = new YamlScalar(YamlResolver.Str, first, isPlain: true, entry.Value.File, entry.Value.Line, entry.Value.Column) { Value = first };
        return new YamlMapping(YamlResolver.Map, entry.Value.File, entry.Value.Line, entry.Value.Column) { Entries = [new YamlEntry(key, entry.Value)] };
    }

    YamlNode? Written(DriverOption option, DriverSection section)
    {
        YamlEntry[] written = [.. option.Spellings.Select(section.Mapping.Find).OfType<YamlEntry>().Where(e => e.Value is not YamlScalar { Value: null })];
        foreach (YamlEntry further in written.Skip(1))
            problems.Warn(further.Key, DiagnosticList.Join(section.Path, further.Name), $"is another spelling of '{written[0].Name}', which counts: remove one of them");
        return written.FirstOrDefault()?.Value;
    }

    YamlScalar? FromEnvironment(DriverOption option)
    {
        if (option.Declared.Environment is not { } variable || environment(variable) is not { Length: > 0 } text) return null;
        return ScalarReading.FromText(text, variable);
    }

    void WarnUnknown(DriverDeclaration driver, IReadOnlyList<DriverOption> options, DriverSection section)
    {
        string[] known = [.. options.SelectMany(o => o.Spellings), .. section.CoreKeys];
        foreach (YamlEntry entry in section.Mapping.Entries)
            if (entry.Key.Value is not string key || !known.Contains(key, StringComparer.Ordinal))
                problems.Warn(entry.Key, DiagnosticList.Join(section.Path, entry.Name), $"{driver.Name} has no such option{Spelling.DidYouMean(entry.Name, known)}");
    }

    /// <summary>In an option's map, keys are names: <c>off</c>, to YAML 1.1, is none.</summary>
    void WarnRenamed(YamlMapping map, string path)
    {
        foreach (YamlEntry entry in map.Entries)
            if (entry.Key.Value is not string && entry.Key.Text != entry.Name)
                problems.Warn(entry.Key, DiagnosticList.Join(path, entry.Name), $"'{entry.Key.Text}' is {entry.Key.Kind} in YAML, which makes it '{entry.Name}': quote it");
    }

    static bool WithinBounds(DriverOption option, object value) =>
        OptionValue.Measure(value) is not { } number || (number >= option.Declared.Min && number <= option.Declared.Max);

    static string KeyOf(DriverDeclaration driver, object options)
    {
        using var hash = new ContentHash();
        hash.Add(driver.Group).Add(driver.Name);
        foreach (DriverOption option in driver.Options.Where(o => !o.Declared.Ignored).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            hash.Add(option.Key);
            OptionValue.AddTo(hash, option, option.Get(options));
        }
        return hash.Finish(64);
    }
}
