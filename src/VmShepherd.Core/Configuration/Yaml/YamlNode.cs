namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>A value in a YAML document, and where it stands. Immutable once read; an alias is the same node again.</summary>
/// <param name="tag">Resolved, in full: <c>tag:yaml.org,2002:int</c>.</param>
/// <param name="file">As the operator knows it: merged trees have nodes of several files.</param>
/// <param name="line">From 1; 0 = it never was in a file.</param>
/// <param name="column">From 1; 0 = it never was in a file.</param>
public abstract class YamlNode(string tag, string file, int line, int column)
{
    public string Tag { get; } = tag;
    public string File { get; } = file;
    public int Line { get; } = line;
    public int Column { get; } = column;

    /// <summary>What a person would call it: "a mapping", "a string".</summary>
    public abstract string Kind { get; }

    /// <summary>Nodes in it when every alias is written out: what a renderer that walks it will see.</summary>
    internal int Size { get; set; } = 1;

    /// <summary>Characters of all scalars in it, aliases written out.</summary>
    internal long Length { get; set; }

    /// <summary>Levels below and including it, aliases written out.</summary>
    internal int Depth { get; set; } = 1;
}

/// <summary>A single value.</summary>
public sealed class YamlScalar(string tag, string text, bool isPlain, string file, int line, int column) : YamlNode(tag, file, line, column)
{
    /// <summary>As written, unquoted and unfolded.</summary>
    public string Text { get; } = text;

    /// <summary>Written without quotes and not as a block.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <summary>
    /// As <c>safe_load</c> has it: <see langword="null"/>, string, bool, long, <see cref="System.Numerics.BigInteger"/>, double, <see cref="DateOnly"/>,
    /// <see cref="DateTime"/> (without zone), <see cref="DateTimeOffset"/>, byte[].
    /// </summary>
    public object? Value { get; internal set; }

    public bool IsNull => Value is null;

    public override string Kind => Value switch
    {
        null => "null",
        string => "a string",
        bool => "a boolean",
        long or System.Numerics.BigInteger => "an integer",
        double => "a number",
        byte[] => "binary data",
        _ => "a date",
    };
}

public sealed class YamlSequence(string tag, string file, int line, int column) : YamlNode(tag, file, line, column)
{
    public IReadOnlyList<YamlNode> Items { get; internal set; } = [];
    public override string Kind => "a list";
}

/// <summary>A mapping in the order of the file, merge keys written out, each key once.</summary>
public sealed class YamlMapping(string tag, string file, int line, int column) : YamlNode(tag, file, line, column)
{
    Dictionary<string, YamlEntry>? _byText;

    public IReadOnlyList<YamlEntry> Entries { get; internal set; } = [];
    public override string Kind => "a mapping";

    /// <summary>Keys and values as composed, before merging: keys may still be anything.</summary>
    internal List<(YamlNode Key, YamlNode Value)> Pairs { get; set; } = [];

    /// <summary>The entry whose key is this string.</summary>
    public YamlEntry? Find(string key)
    {
        _byText ??= Entries.Where(e => e.Key.Value is string).ToDictionary(e => (string)e.Key.Value!, StringComparer.Ordinal);
        return _byText.GetValueOrDefault(key);
    }
}

public sealed record YamlEntry(YamlScalar Key, YamlNode Value)
{
    /// <summary>The key as text, the way Python prints it.</summary>
    public string Name => PythonText.Of(Key.Value);
}
