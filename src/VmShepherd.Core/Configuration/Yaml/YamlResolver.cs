using System.Text.RegularExpressions;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>What a plain scalar is: the implicit resolver of PyYAML, YAML 1.1 with its own exceptions (1e3 and y are strings).</summary>
static partial class YamlResolver
{
    const string Prefix = "tag:yaml.org,2002:";
    internal const string Str = Prefix + "str", Null = Prefix + "null", Bool = Prefix + "bool", Int = Prefix + "int", Float = Prefix + "float";
    internal const string Timestamp = Prefix + "timestamp", Binary = Prefix + "binary", Merge = Prefix + "merge", Value = Prefix + "value";
    internal const string Seq = Prefix + "seq", Map = Prefix + "map", Set = Prefix + "set", OrderedMap = Prefix + "omap", Pairs = Prefix + "pairs";

    internal static string Resolve(string text)
    {
        if (text.Length == 0) return Null;
        return text[0] switch
        {
            '<' => text == "<<" ? Merge : Str,
            '=' => text == "=" ? Value : Str,
            '~' => text == "~" ? Null : Str,
            'n' or 'N' => text is "null" or "Null" or "NULL" ? Null : Words().IsMatch(text) ? Bool : Str,
            'y' or 'Y' or 't' or 'T' or 'f' or 'F' or 'o' or 'O' => Words().IsMatch(text) ? Bool : Str,
            '+' or '-' or '.' or (>= '0' and <= '9') => Floats().IsMatch(text) ? Float : Integers().IsMatch(text) ? Int : Timestamps().IsMatch(text) ? Timestamp : Str,
            _ => Str,
        };
    }

    [GeneratedRegex("^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$")]
    private static partial Regex Words();

    [GeneratedRegex(@"^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?" +
        @"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$")]
    private static partial Regex Floats();

    [GeneratedRegex("^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$")]
    private static partial Regex Integers();

    [GeneratedRegex(@"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?" +
        @"(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$")]
    private static partial Regex Timestamps();
}
