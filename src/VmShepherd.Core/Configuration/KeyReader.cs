using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Reads the keys of one mapping, each with its type and bounds, and remembers which ones there are. A key set to null is as good as absent.</summary>
sealed class KeyReader(YamlMapping mapping, string path, DiagnosticList problems)
{
    readonly List<string> _known = [];

    internal YamlMapping Mapping => mapping;
    internal IReadOnlyList<string> Known => _known;
    internal string PathOf(string key) => DiagnosticList.Join(path, key);

    internal YamlNode? Find(string key)
    {
        _known.Add(key);
        return mapping.Find(key) is { Value: not YamlScalar { Value: null } } entry ? entry.Value : null;
    }

    internal YamlNode? Required(string key)
    {
        YamlNode? node = Find(key);
        if (node is null) problems.Error(mapping, PathOf(key), "is missing");
        return node;
    }

    internal T? Read<T>(string key, Func<YamlNode, T?> read, string expected) where T : struct
    {
        if (Find(key) is not { } node) return null;
        T? value = read(node);
        if (value is null) Wrong(node, key, expected);
        return value;
    }

    internal string? Text(string key) => Text(key, Find(key));

    internal string? Text(string key, YamlNode? node)
    {
        if (node is null) return null;
        string? text = ScalarReading.Text(node);
        if (text is null) Wrong(node, key, "a string");
        return text;
    }

    internal bool? Boolean(string key) => Read(key, ScalarReading.Boolean, "true or false");

    internal int? Integer(string key, int min, int max) =>
        (int?)Read<long>(key, n => ScalarReading.Integer(n) is { } value && value >= min && value <= max ? value : null, $"an integer from {min} to {max}");

    internal TimeSpan? Seconds(string key, double min = 0) =>
        Read<TimeSpan>(key, n => ScalarReading.Number(n) is { } s && s >= min && s <= ScalarReading.MaxSeconds ? TimeSpan.FromSeconds(s) : null, $"seconds, at least {min:0.###}");

    internal double? Share(string key) => Read(key, ScalarReading.Share, "a share like '40 %' or 0.4");

    internal YamlMapping? Section(string key)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlMapping section) return section;
        Wrong(node, key, "a mapping");
        return null;
    }

    /// <summary>A list of strings.</summary>
    internal IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlSequence list)
        {
            foreach (YamlNode wrong in list.Items.Where(i => ScalarReading.Text(i) is null)) Wrong(wrong, key, "a list of strings");
            return [.. list.Items.Select(ScalarReading.Text).OfType<string>()];
        }
        Wrong(node, key, "a list");
        return null;
    }

    internal void Wrong(YamlNode node, string key, string expected) => problems.Error(node, PathOf(key), $"expected {expected}, this is {ScalarReading.Described(node)}");

    internal void WarnUnknown()
    {
        foreach (YamlEntry entry in mapping.Entries)
            if (entry.Key.Value is not string key || !_known.Contains(key))
                problems.Warn(entry.Key, PathOf(entry.Name), "unknown key" + Spelling.DidYouMean(entry.Name, _known));
    }
}
