namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>The parser's complaints, which speak of tokens and scalars, in words that say what to do.</summary>
static class YamlAdvice
{
    /// <summary>What part of the complaint is known by, and what is said instead.</summary>
    static readonly (string Known, string Said)[] Advice =
    [
        ("Mapping values are not allowed", "a ': ' too many: quote the value if it is part of the text, else look at the indentation"),
        ("Mapping keys are not allowed", "a '?' that begins no key: quote the text"),
        ("Block sequence entries are not allowed", "a '- ' that begins no item of a list: put it on a line of its own, or quote the text"),
        ("could not find expected ':'", "a key without ': ' behind it: is a colon, a space behind it, or a quote missing?"),
        ("block mapping, did not find expected key", "does not belong to the mapping above: look at the indentation, and for a quote or bracket that is not closed"),
        ("block collection, did not find expected '-'", "does not belong to the list above: look at the indentation"),
        ("flow mapping", "expected ',' or '}': is a '}' missing, or are quotes around {{ ... }}?"),
        ("flow sequence", "expected ',' or ']': is a ']' missing?"),
        ("quoted scalar, find unexpected end of stream", "the closing quote is missing"),
        ("quoted scalar, find unexpected document indicator", "the closing quote is missing"),
        ("invalid Unicode character escape", "this escape is no character"),
        ("unknown escape character", "no such escape: write \\\\ for a backslash, or use single quotes"),
        ("expected hexdecimal number", "hexadecimal digits are missing in this escape: write \\\\ for a backslash, or use single quotes"),
        ("did not find expected comment or line break", "nothing but a comment may stand behind '|' or '>': begin the text on the next line"),
        ("find a tab character where an intendation", "the text begins with a tab: write the width of its indentation behind '|' or '>', as in '|2'"),
        ("tab character that violate", "a tab can't indent: use spaces"),
        ("uknown directive", "a line that begins with '%' is a directive, and this one is unknown: quote the text, or remove the line"),
        ("incompatible YAML document", "only %YAML 1.1 and 1.2 are read: remove the line"),
        ("undefined tag handle", "a '!' at the beginning makes a tag, and this one is unknown: quote the text"),
        ("did not find expected node content", "a value is missing here: quote the text, or remove what stands in front"),
        ("expected alphabetic or numeric character", "'&' and '*' at the beginning make anchors and aliases: quote the text"),
        ("expected <document start>", "the document has ended above: look at the indentation, and for text behind a closing bracket or quote"),
    ];

    internal static string On(string complaint, char at)
    {
        if (complaint.Contains("cannot start any token", StringComparison.Ordinal))
            return at == '\t' ? "a tab can't indent: use spaces" : $"'{at}' can't begin a value: quote the text";
        foreach ((string known, string said) in Advice)
            if (complaint.Contains(known, StringComparison.Ordinal)) return said;
        return "not valid YAML: " + complaint;
    }
}
