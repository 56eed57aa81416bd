namespace VmShepherd.Abstractions;

/// <summary>What a source says: text that the core reads as YAML, with positions for its messages, or a document that is structured already.</summary>
public abstract record PresetContent
{
    private PresetContent() { }

    /// <summary>A YAML 1.1 document (JSON is one too), as bytes: the core looks after encoding, byte-order mark and size.</summary>
    /// <param name="Bytes">The whole file.</param>
    public sealed record Yaml(ReadOnlyMemory<byte> Bytes) : PresetContent;

    /// <summary>A preset that never was a file.</summary>
    /// <param name="Value">Keys and values; values are <see langword="null"/>, string, bool, long, double, lists and dictionaries of the same.</param>
    public sealed record Document(IReadOnlyDictionary<string, object?> Value) : PresetContent;
}
