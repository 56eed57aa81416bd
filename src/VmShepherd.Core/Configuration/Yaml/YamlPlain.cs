using System.Collections;
using System.Numerics;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>
/// Trees to plain objects and back. A mapping whose keys are all strings is an ordered <c>IReadOnlyDictionary&lt;string, object?&gt;</c>;
/// any other is an <c>IReadOnlyList&lt;KeyValuePair&lt;object?, object?&gt;&gt;</c>, which keeps its keys' types. A list is an <c>IReadOnlyList&lt;object?&gt;</c>.
/// Of <see cref="Typed"/>, a <c>!!set</c> is an <c>IReadOnlySet&lt;object?&gt;</c> and an item of <c>!!omap</c> or <c>!!pairs</c> a tuple, as Python has them.
/// </summary>
public static class YamlPlain
{
    public static object? Of(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.Value,
        YamlSequence { Tag: YamlResolver.OrderedMap or YamlResolver.Pairs } pairs =>
            pairs.Items.Cast<YamlMapping>().Select(p => new object?[] { p.Entries[0].Key.Value, Of(p.Entries[0].Value) }).ToArray(),
        YamlSequence sequence => sequence.Items.Select(Of).ToArray(),
        YamlMapping mapping when mapping.Entries.All(e => e.Key.Value is string) => Named(mapping),
        YamlMapping mapping => mapping.Entries.Select(e => KeyValuePair.Create(e.Key.Value, Of(e.Value))).ToArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, null),
    };

    /// <summary>As <see cref="Of"/>, but with the types that only Python has: for templates.</summary>
    public static object? Typed(YamlNode node) => node switch
    {
        YamlSequence { Tag: YamlResolver.OrderedMap or YamlResolver.Pairs } pairs =>
            pairs.Items.Cast<YamlMapping>().Select(p => (object?)(p.Entries[0].Key.Value, Typed(p.Entries[0].Value))).ToArray(),
        YamlSequence sequence => sequence.Items.Select(Typed).ToArray(),
        YamlMapping { Tag: YamlResolver.Set } set => new HashSet<object?>(set.Entries.Select(e => e.Key.Value)),
        YamlMapping mapping when mapping.Entries.All(e => e.Key.Value is string) =>
            new OrderedDictionary<string, object?>(mapping.Entries.Select(e => KeyValuePair.Create(e.Name, Typed(e.Value))), StringComparer.Ordinal),
        YamlMapping mapping => mapping.Entries.Select(e => KeyValuePair.Create(e.Key.Value, Typed(e.Value))).ToArray(),
        _ => Of(node),
    };

    /// <summary>With every key as text: for places where only names make sense.</summary>
    public static IReadOnlyDictionary<string, object?> Named(YamlMapping mapping)
    {
        var named = new OrderedDictionary<string, object?>(mapping.Entries.Count, StringComparer.Ordinal);
        foreach (YamlEntry entry in mapping.Entries) named[entry.Name] = Of(entry.Value);
        return named;
    }

    /// <summary>A tree of what never was a file. What is no YAML value is an <see cref="ArgumentException"/>.</summary>
    public static YamlNode From(object? value, string file) => From(value, file, 1);

    static YamlNode From(object? value, string file, int depth)
    {
        if (depth > YamlComposer.MaxDepth) throw new ArgumentException($"nested deeper than {YamlComposer.MaxDepth} levels", nameof(value));
        return value switch
        {
            IReadOnlyDictionary<string, object?> map => Mapping(map.Select(p => ((object?)p.Key, p.Value)), file, depth),
            IReadOnlyList<KeyValuePair<object?, object?>> pairs => Mapping(pairs.Select(p => (p.Key, p.Value)), file, depth),
            string or byte[] => Scalar(value, file),
            IEnumerable list => new YamlSequence(YamlResolver.Seq, file, 0, 0) { Items = [.. list.Cast<object?>().Select(i => From(i, file, depth + 1))] },
            _ => Scalar(value, file),
        };
    }

    static YamlMapping Mapping(IEnumerable<(object? Key, object? Value)> pairs, string file, int depth)
    {
        var entries = new OrderedDictionary<object, YamlEntry>(PythonKeys.Comparer);
        foreach ((object? key, object? value) in pairs)
        {
            YamlScalar name = Scalar(key, file);
            if (!entries.TryAdd(name.Value ?? PythonKeys.Null, new YamlEntry(name, From(value, file, depth + 1)))) throw new ArgumentException($"the key '{name.Text}' stands twice in one mapping");
        }

        return new YamlMapping(YamlResolver.Map, file, 0, 0) { Entries = [.. entries.Values] };
    }

    static YamlScalar Scalar(object? value, string file)
    {
        (string tag, object? kept) = value switch
        {
            null => (YamlResolver.Null, null),
            string => (YamlResolver.Str, value),
            bool => (YamlResolver.Bool, value),
            int number => (YamlResolver.Int, (long)number),
            long or BigInteger => (YamlResolver.Int, value),
            double => (YamlResolver.Float, value),
            byte[] => (YamlResolver.Binary, value),
            DateOnly or DateTime or DateTimeOffset => (YamlResolver.Timestamp, value),
            _ => throw new ArgumentException($"{value.GetType().Name} is no value of a preset", nameof(value)),
        };
        return new YamlScalar(tag, PythonText.Of(kept), isPlain: kept is not string, file, 0, 0) { Value = kept };
    }
}
