using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Reads the keys of one mapping, each with the type and bounds that its definition gives it. A key set to null is as good as absent.</summary>
sealed class KeyReader(YamlMapping mapping, string path, KeySection section, DiagnosticList problems)
{
    internal YamlMapping Mapping => mapping;
    internal IReadOnlyCollection<string> Known => section.Names;
    internal string PathOf(string key) => DiagnosticList.Join(path, key);

    internal YamlNode? Find(string key) => mapping.Find(section[key].Name) is { Value: not YamlScalar { Value: null } } entry ? entry.Value : null;

    internal YamlNode? Required(string key)
    {
        YamlNode? node = Find(key);
        if (node is null) problems.Error(mapping, PathOf(key), $"is missing: {section[key].Phrase}");
        return node;
    }

    internal string? Text(string key) => Text(key, Find(key));

    internal string? Text(string key, YamlNode? node)
    {
        if (node is null) return null;
        string? text = ScalarReading.Text(node);
        if (text is null) Wrong(node, key, "a string");
        return text;
    }

    internal bool? Boolean(string key) => Read(key, KeyKind.Flag, ScalarReading.Boolean);

    internal int? Integer(string key) => (int?)Read<long>(key, KeyKind.Integer, n => ScalarReading.Integer(n) is { } value && value >= section[key].Min && value <= section[key].Max ? value : null);

    /// <summary>Without a least value, less than nothing has a meaning: that is for the caller to see.</summary>
    internal double? Number(string key) => Read(key, KeyKind.Seconds, ScalarReading.Number);

    internal TimeSpan? Seconds(string key) =>
        Read<TimeSpan>(key, KeyKind.Seconds, n => ScalarReading.Number(n) is { } s && s >= section[key].Min && s <= ScalarReading.MaxSeconds ? TimeSpan.FromSeconds(s) : null);

    internal double? Share(string key) => Read(key, KeyKind.Share, ScalarReading.Share);

    /// <summary>One of the definition's words, as it stands there.</summary>
    internal string? Word(string key)
    {
        if (Find(key) is not { } node) return null;
        KeyDefinition definition = Defined(key, KeyKind.Word);
        string? text = ScalarReading.Text(node);
        string? word = definition.Words.FirstOrDefault(w => w.Equals(text, definition.AnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));
        if (word is null) problems.Error(node, PathOf(key), $"expected {definition.Expected}, this is {ScalarReading.Described(node)}{Spelling.DidYouMean(text ?? "", definition.Words)}");
        return word;
    }

    internal YamlMapping? Section(string key)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlMapping inner) return inner;
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
            if (entry.Key.Value is not string key || !Known.Contains(key))
                problems.Warn(entry.Key, PathOf(entry.Name), "unknown key" + Spelling.DidYouMean(entry.Name, Known));
    }

    T? Read<T>(string key, KeyKind kind, Func<YamlNode, T?> read) where T : struct
    {
        KeyDefinition definition = Defined(key, kind);
        if (Find(key) is not { } node) return null;
        T? value = read(node);
        if (value is null) Wrong(node, key, definition.Expected);
        return value;
    }

    KeyDefinition Defined(string key, KeyKind kind) =>
        section[key] is { } definition && definition.Kind == kind ? definition : throw new InvalidOperationException($"'{key}' is defined as {section[key].Kind} and read as {kind}");
}
