using System.Globalization;

namespace VmShepherd.Core.Configuration;

/// <summary>What a key's value may be.</summary>
enum KeyKind
{
    Name,
    Text,

    /// <summary>Whatever it is, nothing reads it.</summary>
    Overwritten,
    Flag,
    Integer,
    Seconds,
    Share,

    /// <summary>One of <see cref="KeyDefinition.Words"/>.</summary>
    Word,
    Texts,
    Addresses,

    /// <summary>A mapping of whatever the owner likes.</summary>
    Map,
    Links,
    Networks,

    /// <summary>A mapping of <see cref="KeyDefinition.Keys"/> and nothing else.</summary>
    Section,
    Sections,

    /// <summary>A <see cref="Section"/>, or <c>none</c>.</summary>
    SectionOrNone,

    /// <summary><c>driver</c>, <see cref="KeyDefinition.Keys"/>, and the driver's options.</summary>
    Driver,
}

/// <summary>One key of settings or presets: the reader checks by it, and the schema is made of it.</summary>
/// <param name="Name">As written.</param>
/// <param name="Kind">Of its value.</param>
/// <param name="Summary">One sentence for whoever writes the file.</param>
sealed record KeyDefinition(string Name, KeyKind Kind, string Summary)
{
    internal bool IsRequired { get; init; }

    /// <summary>Accepted, but there is a better way to write it.</summary>
    internal bool IsDeprecated { get; init; }
    internal object? Default { get; init; }
    internal double Min { get; init; } = double.NegativeInfinity;
    internal double Max { get; init; } = double.PositiveInfinity;
    internal IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Words may be written in capitals, too.</summary>
    internal bool AnyCase { get; init; }
    internal KeySection Keys { get; init; } = KeySection.Empty;

    /// <summary>Of the driver; what is missing in a part that is completed elsewhere is no mistake.</summary>
    internal string? Group { get; init; }

    /// <summary>The summary as the end of another sentence.</summary>
    internal string Phrase => (char.IsLower(Summary[1]) ? char.ToLowerInvariant(Summary[0]) + Summary[1..] : Summary).TrimEnd('.');

    /// <summary>For a message: what should stand there.</summary>
    internal string Expected => Kind switch
    {
        KeyKind.Flag => "true or false",
        KeyKind.Integer => string.Create(CultureInfo.InvariantCulture, $"an integer from {Min} to {Max}"),
        KeyKind.Seconds when double.IsNegativeInfinity(Min) => "seconds, or -1 for never",
        KeyKind.Seconds => string.Create(CultureInfo.InvariantCulture, $"seconds, at least {Min:0.###} and at most ten years"),
        KeyKind.Share => "a share like '40 %' or 0.4",
        KeyKind.Word => $"{string.Join(", ", Words.SkipLast(1))} or {Words[^1]}",
        KeyKind.Section or KeyKind.Map or KeyKind.Links or KeyKind.Driver => "a mapping",
        KeyKind.Texts or KeyKind.Addresses or KeyKind.Sections => "a list",
        _ => "a string",
    };
}

/// <summary>The keys that one mapping may have.</summary>
sealed class KeySection(params KeyDefinition[] keys)
{
    readonly Dictionary<string, KeyDefinition> _byName = keys.ToDictionary(k => k.Name, StringComparer.Ordinal);

    internal static KeySection Empty { get; } = new();
    internal IReadOnlyList<KeyDefinition> All => keys;
    internal IReadOnlyCollection<string> Names => _byName.Keys;

    /// <summary>A reader that asks for what nobody defined is a fault of ours.</summary>
    internal KeyDefinition this[string name] => _byName[name];
}
