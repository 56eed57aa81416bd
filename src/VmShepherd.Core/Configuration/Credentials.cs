using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Core.Configuration;

/// <summary>Which values of a driver section are secrets, and whether a preset would send inherited ones elsewhere. Groups of options are looked into.</summary>
/// <param name="driver">Of the merged section; <see langword="null"/> = none.</param>
/// <param name="inheritedDriver">Of the defaults: what is secret to it is secret, whatever another driver calls it.</param>
sealed class Credentials(DriverDeclaration? driver, DriverDeclaration? inheritedDriver)
{
    internal bool IsDeclared(string key) => driver?.FindOption(key) is not null;

    /// <summary>What the preset changes about where credentials are sent.</summary>
    internal IEnumerable<string> Redirected(YamlMapping own, YamlMapping defaults, Func<string, string?> environment)
    {
        if (own.Find("driver") is not null && defaults.Find("driver") is not null && inheritedDriver != driver) yield return "driver";
        foreach (DriverOption option in driver!.Options)
        {
            if (option.Declared.Endpoint && IsRedirected(option, own, defaults, environment)) yield return option.Key;
            if (Value(option, own) is not YamlMapping groups) continue;
            YamlMapping? inherited = Value(option, defaults) as YamlMapping;
            foreach (DriverOption inner in option.GroupOptions.Where(o => o.Declared.Endpoint))
            {
                if (groups.Entries.Any(group => IsRedirected(inner, OptionBinder.Group(option, group), inherited?.Entries.FirstOrDefault(g => g.Name == group.Name) is { } under ? OptionBinder.Group(option, under) : null, environment)))
                    yield return $"{option.Key}.{inner.Key}";
            }
        }
    }

    static bool IsRedirected(DriverOption option, YamlMapping own, YamlMapping? defaults, Func<string, string?> environment)
    {
        if (Value(option, own) is not { } mine) return false;
        YamlNode? inherited = defaults is null ? null : Value(option, defaults);
        if (inherited is null && option.Declared.Environment is { } variable && environment(variable) is { } text) inherited = ScalarReading.FromText(text, variable);
        return inherited is null || !Same(mine, inherited);
    }

    static YamlNode? Value(DriverOption option, YamlMapping section) => option.Spellings.Select(section.Find).FirstOrDefault(e => e is not null)?.Value;

    static bool Same(YamlNode one, YamlNode other)
    {
        if (one is YamlScalar { Value: not null } a && other is YamlScalar { Value: not null } b) return a.Text == b.Text;
        using ContentHash mine = new(), theirs = new();
        return mine.AddPlain(YamlPlain.Of(one)).Finish(64) == theirs.AddPlain(YamlPlain.Of(other)).Finish(64);
    }

    /// <summary>The paths of the secrets that stand in a section.</summary>
    internal IEnumerable<string> SecretsIn(YamlMapping section) => section.Entries.SelectMany(entry => IsSecret(entry.Name) ? [entry.Name]
        : Groups(entry) is not { } option ? (IEnumerable<string>)[]
        : ((YamlMapping)entry.Value).Entries.SelectMany(group => OptionBinder.Group(option, group).Entries.Where(e => IsSecret(option, e.Name)).Select(e => $"{entry.Name}.{group.Name}.{e.Name}")));

    /// <summary>The section without its secrets, and without what is nearly the name of one: a misspelt password is still a password.</summary>
    /// <param name="section">The preset's, or the defaults'.</param>
    /// <param name="onlyDeclared">In groups, too, what nobody declares is left out.</param>
    internal YamlMapping Without(YamlMapping section, bool onlyDeclared = false) => With(section, section.Entries.Where(e => !IsSecret(e.Name)).Select(e => Groups(e) is { } option ? Without(e, option, onlyDeclared) : e));

    static YamlEntry Without(YamlEntry entry, DriverOption option, bool onlyDeclared)
    {
        var groups = (YamlMapping)entry.Value;
        return new YamlEntry(entry.Key, With(groups, groups.Entries.Where(g => g.Value is YamlMapping || !option.GroupOptions[0].IsSecret).Select(g => g.Value is YamlMapping group
            ? new YamlEntry(g.Key, With(group, group.Entries.Where(e => !IsSecret(option, e.Name) && (!onlyDeclared || Find(option.GroupOptions, e.Name) is not null))))
            : g)));
    }

    bool IsSecret(string key)
    {
        DriverOption? option = driver?.FindOption(key), inherited = inheritedDriver?.FindOption(key);
        return option is { IsSecret: true } || inherited is { IsSecret: true }
            || (option is null && inherited is null && (IsNearlySecret(driver?.Options, key) || IsNearlySecret(inheritedDriver?.Options, key)));
    }

    static bool IsSecret(DriverOption group, string key) => Find(group.GroupOptions, key) is { } option ? option.IsSecret : IsNearlySecret(group.GroupOptions, key);

    static bool IsNearlySecret(IReadOnlyList<DriverOption>? options, string key) => options is not null && Spelling.Nearest(key, options.Where(o => o.IsSecret).SelectMany(o => o.Spellings)) is not null;

    static DriverOption? Find(IReadOnlyList<DriverOption> options, string key) => options.FirstOrDefault(o => o.Spellings.Contains(key, StringComparer.Ordinal));

    DriverOption? Groups(YamlEntry entry) => entry.Value is not YamlMapping ? null
        : driver?.FindOption(entry.Name) is { Group: not null } option ? option
        : inheritedDriver?.FindOption(entry.Name) is { Group: not null } inherited ? inherited : null;

    static YamlMapping With(YamlMapping mapping, IEnumerable<YamlEntry> entries) => new(mapping.Tag, mapping.File, mapping.Line, mapping.Column) { Entries = [.. entries] };
}
