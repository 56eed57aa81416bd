using System.Text.RegularExpressions;
using SharpYaml;
using SharpYaml.Events;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>Parser events to a tree of nodes: anchors, aliases, implicit tags, and the bounds on what a document may become.</summary>
sealed partial class YamlComposer(string text, string file, YamlWork work)
{
    internal const int MaxDepth = 64;

    /// <summary>Nodes that aliases may add, all together.</summary>
    internal const int MaxAliased = 100_000;

    /// <summary>Characters that aliases may add, all together: few nodes can repeat a long text.</summary>
    internal const int MaxAliasedText = 8 * 1024 * 1024;

    // The parser has a bound of its own, in the same number but in other words.
    readonly IParser _parser = Parser.CreateParser(new StringReader(text), MaxDepth + 2);
    readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    readonly HashSet<YamlNode> _open = [];
    int _inFlow;

    /// <summary>The one document; <see langword="null"/> when there is none.</summary>
    internal YamlNode? Compose()
    {
        Next();
        if (Next() is StreamEnd) return null;
        YamlNode root = Node(Next(), 1);
        Next();
        ParsingEvent after = Next();
        return after is StreamEnd ? root : throw Failure(after, "a second document begins here: keep one document in a file");
    }

    YamlNode Node(ParsingEvent at, int depth)
    {
        if (depth > MaxDepth) throw Failure(at, $"nested deeper than {MaxDepth} levels");
        if (at is AnchorAlias alias) return Alias(alias, depth);

        var start = (NodeEvent)at;
        if (start.Anchor is { } taken && _anchors.TryGetValue(taken, out YamlNode? first))
            throw Failure(at, $"the anchor '&{taken}' is given twice, first in line {first.Line}");

        (int line, int column) = (at.Start.Line + 1, at.Start.Column + 1);
        // Our parser takes the colon of {a:,b:1} into the key, PyYAML does not: rather no answer than another one.
        if (_inFlow > 0 && start is Scalar { Style: ScalarStyle.Plain } plain && plain.Value.EndsWith(':')) throw Failure(at, "write a space behind the colon");
        if (start is Scalar { Style: ScalarStyle.DoubleQuoted } && SurrogateEscape().IsMatch(text.AsSpan()[at.Start.Index..Math.Min(at.End.Index, text.Length)]))
            throw Failure(at, "half a character is escaped here (\\uD800 to \\uDFFF): write the character itself, or \\U and its eight digits");
        work.Nodes++;
        return start switch
        {
            Scalar scalar => Anchored(scalar, new YamlScalar(TagOf(scalar), scalar.Value, scalar.Style == ScalarStyle.Plain, file, line, column) { Length = scalar.Value.Length }),
            SequenceStart sequence => Items(Anchored(sequence, new YamlSequence(Explicit(sequence) ?? YamlResolver.Seq, file, line, column)), sequence.Style, depth),
            MappingStart mapping => Entries(Anchored(mapping, new YamlMapping(Explicit(mapping) ?? YamlResolver.Map, file, line, column)), mapping.Style, depth),
            _ => throw Failure(at, "not readable as YAML from here on"),
        };
    }

    T Anchored<T>(NodeEvent at, T node) where T : YamlNode
    {
        if (at.Anchor is { } anchor) _anchors.Add(anchor, node);
        return node;
    }

    static string? Explicit(NodeEvent at) => at.Tag is null or "" or "!" ? null : at.Tag;

    /// <summary>The lone <c>!</c> is no tag to PyYAML: even what is quoted behind it is resolved.</summary>
    static string TagOf(Scalar scalar) => Explicit(scalar) ?? (scalar.IsPlainImplicit || scalar.Tag == "!" ? YamlResolver.Resolve(scalar.Value) : YamlResolver.Str);

    YamlNode Alias(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out YamlNode? node)) throw Failure(alias, $"nothing is anchored as '&{alias.Value}' above");
        if (_open.Contains(node)) throw Failure(alias, $"'*{alias.Value}' stands inside of what it refers to");
        if (depth + node.Depth - 1 > MaxDepth) throw Failure(alias, $"nested deeper than {MaxDepth} levels, aliases written out");
        work.Aliased += node.Size;
        if (work.Aliased > MaxAliased) throw Failure(alias, $"aliases add more than {MaxAliased} values to this file: write them out, or split the file");
        work.AliasedText += node.Length;
        if (work.AliasedText > MaxAliasedText) throw Failure(alias, $"aliases add more than {MaxAliasedText} characters to this file: write them out, or split the file");
        return node;
    }

    YamlSequence Items(YamlSequence sequence, YamlStyle style, int depth)
    {
        List<YamlNode> items = [];
        _open.Add(sequence);
        if (style == YamlStyle.Flow) _inFlow++;
        for (ParsingEvent at = Next(); at is not SequenceEnd; at = Next()) items.Add(Child(sequence, at, depth));
        if (style == YamlStyle.Flow) _inFlow--;
        _open.Remove(sequence);
        sequence.Items = items;
        return sequence;
    }

    YamlMapping Entries(YamlMapping mapping, YamlStyle style, int depth)
    {
        _open.Add(mapping);
        if (style == YamlStyle.Flow) _inFlow++;
        for (ParsingEvent at = Next(); at is not MappingEnd; at = Next())
        {
            YamlNode key = Child(mapping, at, depth);
            mapping.Pairs.Add((key, Child(mapping, Next(), depth)));
        }
        if (style == YamlStyle.Flow) _inFlow--;
        _open.Remove(mapping);
        return mapping;
    }

    YamlNode Child(YamlNode parent, ParsingEvent at, int depth)
    {
        YamlNode child = Node(at, depth + 1);
        parent.Size += child.Size;
        parent.Length += child.Length;
        parent.Depth = Math.Max(parent.Depth, child.Depth + 1);
        return child;
    }

    ParsingEvent Next()
    {
        try
        {
            if (_parser.MoveNext() && _parser.Current is { } at) return at;
        }
        catch (YamlException e)
        {
            throw new YamlFailure(e.Start.Line + 1, e.Start.Column + 1, Sentence(e), e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException or FormatException or OverflowException)
        {
            // A fault of the parser on some odd input must cost one file, never the cycle.
            (int line, int column) = _parser.Current is { } last ? (last.End.Line + 1, last.End.Column + 1) : (1, 1);
            throw new YamlFailure(line, column, "not readable as YAML from here on", e);
        }
        throw new YamlFailure(1, 1, "the document ends too early");
    }

    /// <summary>JSON's way to write what needs more than four digits: Python makes two broken characters of it, our parser any other one.</summary>
    [GeneratedRegex(@"(?<!\\)(?:\\\\)*\\(?:u|U0000)[dD][89a-fA-F]")]
    private static partial Regex SurrogateEscape();

    static YamlFailure Failure(ParsingEvent at, string message) => new(at.Start.Line + 1, at.Start.Column + 1, message);

    /// <summary>The parser's own words behind its positions, which we print ourselves.</summary>
    string Sentence(YamlException e)
    {
        int colon = e.Message.IndexOf("): ", StringComparison.Ordinal);
        string words = (colon < 0 ? e.Message : e.Message[(colon + 3)..]).TrimEnd('.');
        return YamlAdvice.On(words, e.Start.Index < text.Length ? text[e.Start.Index] : ' ');
    }
}
