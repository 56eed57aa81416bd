using SharpYaml;
using SharpYaml.Events;

namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>A mapping of YAML whose values are texts as they are written (a password of digits stays as it is), lists of texts, or mappings.</summary>
sealed class PlainMap
{
    const int Deepest = 32;

    readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _firsts = new(StringComparer.Ordinal);

    public Dictionary<string, PlainMap> Maps { get; } = new(StringComparer.Ordinal);

    /// <summary>The text of a key; <see langword="null"/> when there is none.</summary>
    public string? this[string key] => _texts.GetValueOrDefault(key);

    /// <summary>The first text of a list.</summary>
    public string? FirstOf(string key) => _firsts.GetValueOrDefault(key);

    /// <summary>This map with another one over it.</summary>
    public PlainMap Under(PlainMap other)
    {
        var merged = new PlainMap();
        merged.TakeOver(other);
        merged.TakeOver(this);
        return merged;
    }

    /// <exception cref="FormatException">It is no YAML, or no mapping.</exception>
    public static PlainMap Read(string text)
    {
        try
        {
            return new Reader(Parser.CreateParser(new StringReader(text), Deepest)).Document();
        }
        catch (YamlException broken)
        {
            // The parser's message may quote the line, and the line may hold a password.
            throw new FormatException($"it is no YAML at line {broken.Start.Line + 1}");
        }
    }

    /// <summary>What is here already counts.</summary>
    void TakeOver(PlainMap under)
    {
        foreach ((string key, string value) in under._texts) _texts.TryAdd(key, value);
        foreach ((string key, string value) in under._firsts) _firsts.TryAdd(key, value);
        foreach ((string key, PlainMap value) in under.Maps) Maps[key] = Maps.TryGetValue(key, out PlainMap? own) ? value.Under(own) : value;
    }

    sealed class Reader(IParser parser)
    {
        readonly Dictionary<string, object> _anchors = new(StringComparer.Ordinal);

        public PlainMap Document()
        {
            while (Next() is StreamStart or DocumentStart)
            {
                // The head of the stream says nothing.
            }

            return parser.Current is StreamEnd ? new PlainMap() : Value(parser.Current!) as PlainMap ?? throw new FormatException("it is no mapping");
        }

        ParsingEvent Next() => parser.MoveNext() ? parser.Current! : throw new FormatException("it ends too early");

        object Value(ParsingEvent at)
        {
            if (at is AnchorAlias alias) return _anchors.GetValueOrDefault(alias.Value) ?? throw new FormatException($"nothing is anchored as '&{alias.Value}'");
            object value = at switch
            {
                Scalar scalar => scalar.Value,
                SequenceStart => Sequence(),
                MappingStart => Mapping(),
                _ => throw new FormatException("it is not readable as YAML"),
            };
            if ((at as NodeEvent)?.Anchor is { } anchor) _anchors[anchor] = value;
            return value;
        }

        List<object> Sequence()
        {
            List<object> items = [];
            while (Next() is not SequenceEnd) items.Add(Value(parser.Current!));
            return items;
        }

        PlainMap Mapping()
        {
            var map = new PlainMap();
            while (Next() is not MappingEnd)
            {
                string key = Value(parser.Current!) as string ?? throw new FormatException("a key is no text");
                bool isPlain = Next() is Scalar { Style: ScalarStyle.Plain };
                object value = Value(parser.Current!);
                if (key == "<<" && value is PlainMap merged) map.TakeOver(merged);
                else if (value is PlainMap inner) map.Maps[key] = inner;
                else if (value is List<object> items) { if (items.OfType<string>().FirstOrDefault() is { } first) map._firsts[key] = first; }
                else if (!(isPlain && value is "" or "~" or "null")) map._texts[key] = (string)value;
            }

            return map;
        }
    }
}
