using System.Collections;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Drivers;

/// <summary>A driver's options for people's eyes: what the driver declares non-secret, all else is <c>***</c>.</summary>
public static class OptionDisplay
{
    public const string Hidden = "***";

    /// <summary>The bound options, every one of them, defaults too.</summary>
    public static IReadOnlyDictionary<string, object?> Of(DriverRegistry registry, DriverReference reference)
    {
        DriverDeclaration? driver = registry.Find(reference.Group, reference.Name);
        var shown = new OrderedDictionary<string, object?>(StringComparer.Ordinal) { ["driver"] = reference.Name };
        Add(shown, driver?.Options ?? [], reference.Options);
        return shown;
    }

    static void Add(OrderedDictionary<string, object?> shown, IReadOnlyList<DriverOption> declared, object options)
    {
        foreach (DriverOption option in declared)
            if (option.Get(options) is { } value)
                shown[option.Key] = option.IsSecret ? Hidden : option.Group is not null ? Groups(option, (IDictionary)value) : Shown(value);
    }

    static OrderedDictionary<string, object?> Groups(DriverOption option, IDictionary groups)
    {
        var shown = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (DictionaryEntry group in groups)
        {
            var inner = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
            Add(inner, option.GroupOptions, group.Value!);
            shown[(string)group.Key] = inner;
        }
        return shown;
    }

    /// <summary>A section as written; an option that nobody declares is hidden too: it may be a misspelt secret.</summary>
    public static IReadOnlyDictionary<string, object?> Of(DriverRegistry registry, string group, IReadOnlyDictionary<string, object?> section)
    {
        DriverDeclaration? driver = section.GetValueOrDefault("driver") is string name ? registry.Find(group, name) : null;
        var shown = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string key, object? value) in section)
            shown[key] = key == "driver" ? Shown(value) : Shown(driver?.FindOption(key), value);
        return shown;
    }

    static object? Shown(DriverOption? option, object? value) => option switch
    {
        null or { IsSecret: true } => Hidden,
        { Group: not null } when value is IReadOnlyDictionary<string, object?> groups => groups.ToDictionary(group => group.Key, object? (group) => group.Value is IReadOnlyDictionary<string, object?> inner
            ? inner.ToDictionary(own => own.Key, own => Shown(option.GroupOptions.FirstOrDefault(o => o.Spellings.Contains(own.Key)), own.Value), StringComparer.Ordinal)
            : Shown(option.GroupOptions[0], group.Value), StringComparer.Ordinal),
        _ => Shown(value),
    };

    /// <summary>An address may carry <c>user:password@</c>, whatever the driver says of the option.</summary>
    static object? Shown(object? value) => value switch
    {
        string text => WithoutUserinfo(text),
        TimeSpan span => span.TotalSeconds,
        IReadOnlyDictionary<string, string> map => map.ToDictionary(p => p.Key, object? (p) => WithoutUserinfo(p.Value), StringComparer.Ordinal),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(p => p.Key, p => Shown(p.Value), StringComparer.Ordinal),
        IReadOnlyList<object?> list => list.Select(Shown).ToArray(),
        _ => value,
    };

    static string WithoutUserinfo(string text)
    {
        int start = text.IndexOf("://", StringComparison.Ordinal);
        if (start < 0) return text;
        int host = text.IndexOfAny(['/', '?', '#'], start + 3) is var end && end < 0 ? text.Length : end;
        int at = text.LastIndexOf('@', host - 1, host - start - 3);
        return at < 0 ? text : string.Concat(text.AsSpan(0, start + 3), Hidden, text.AsSpan(at));
    }
}
