using System.Collections;
using System.Globalization;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Drivers;

/// <summary>A node to a value of an option's type; <see langword="null"/> = it is none.</summary>
static class OptionValue
{
    static readonly Type[] Known = [typeof(string), typeof(bool), typeof(int), typeof(long), typeof(double), typeof(TimeSpan), typeof(IReadOnlyList<string>), typeof(IReadOnlyDictionary<string, string>)];

    internal static object? Read(Type type, YamlNode node)
    {
        if (type == typeof(string)) return ScalarReading.Text(node);
        if (type == typeof(bool)) return ScalarReading.Boolean(Unquoted(node));
        if (type == typeof(int)) return ScalarReading.Integer(Unquoted(node)) is { } i and >= int.MinValue and <= int.MaxValue ? (int)i : null;
        if (type == typeof(long)) return ScalarReading.Integer(Unquoted(node));
        if (type == typeof(double)) return ScalarReading.Number(Unquoted(node));
        if (type == typeof(TimeSpan)) return ScalarReading.Number(Unquoted(node)) is { } s && Math.Abs(s) <= ScalarReading.MaxSeconds ? TimeSpan.FromSeconds(s) : null;
        if (type == typeof(IReadOnlyList<string>)) return Texts(node);
        if (type == typeof(IReadOnlyDictionary<string, string>)) return NamedTexts(node);
        throw new InvalidDriverException($"an option can't be of the type {type}");
    }

    /// <summary>Whether an option can be of this type, groups of options apart.</summary>
    internal static bool IsKnown(Type type) => Known.Contains(type);

    internal static string Expected(Type type) => type switch
    {
        _ when type == typeof(string) => "a string",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(int) || type == typeof(long) => "an integer",
        _ when type == typeof(double) => "a number",
        _ when type == typeof(TimeSpan) => "seconds",
        _ when type == typeof(IReadOnlyList<string>) => "a list of strings",
        _ when type == typeof(IReadOnlyDictionary<string, string>) => "a mapping of strings",
        _ => "a mapping of names to groups of options",
    };

    /// <summary>For a message, behind <see cref="Expected"/>.</summary>
    internal static string Bounds(DriverOption option) => (option.Declared.Min, option.Declared.Max) switch
    {
        (double.NegativeInfinity, double.PositiveInfinity) => "",
        (var min, double.PositiveInfinity) => string.Create(CultureInfo.InvariantCulture, $" of at least {min}"),
        (double.NegativeInfinity, var max) => string.Create(CultureInfo.InvariantCulture, $" of at most {max}"),
        var (min, max) => string.Create(CultureInfo.InvariantCulture, $" from {min} to {max}"),
    };

    /// <summary>The number that bounds are for.</summary>
    internal static double? Measure(object? value) => value switch
    {
        int number => number,
        long number => number,
        double number => number,
        TimeSpan span => span.TotalSeconds,
        _ => null,
    };

    internal static void AddTo(ContentHash hash, DriverOption option, object? value)
    {
        switch (value)
        {
            case IDictionary groups when option.Group is not null:
                hash.AddAll([.. groups.Keys.Cast<string>()]);
                foreach (object group in groups.Values)
                    foreach (DriverOption own in option.GroupOptions) AddTo(hash, own, own.Get(group));
                break;
            case IReadOnlyList<string> list: hash.AddAll(list); break;
            case IReadOnlyDictionary<string, string> map: hash.AddPlain(map.ToDictionary(p => p.Key, object? (p) => p.Value, StringComparer.Ordinal)); break;
            default: hash.Add(value is IFormattable f ? f.ToString(null, CultureInfo.InvariantCulture) : value?.ToString()); break;
        }
    }

    /// <summary><c>port: "80"</c> worked in the original, which only printed it.</summary>
    static YamlNode Unquoted(YamlNode node) => node is YamlScalar { Value: string text } ? ScalarReading.FromText(text, node.File) : node;

    static string[]? Texts(YamlNode node)
    {
        if (node is not YamlSequence list) return ScalarReading.Text(node) is { } single ? [single] : null;
        string[] texts = [.. list.Items.Select(ScalarReading.Text).OfType<string>()];
        return texts.Length == list.Items.Count ? texts : null;
    }

    static OrderedDictionary<string, string>? NamedTexts(YamlNode node)
    {
        if (node is not YamlMapping mapping) return null;
        var texts = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (YamlEntry entry in mapping.Entries)
        {
            if (ScalarReading.Text(entry.Value) is not { } text) return null;
            texts[entry.Name] = text;
        }
        return texts;
    }
}
