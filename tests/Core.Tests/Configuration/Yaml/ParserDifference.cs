using VmShepherd.Core.Configuration.Yaml;

namespace Core.Tests.Configuration.Yaml;

/// <summary>Where one of the two parsers refuses what the other one reads. docs/compat.md states each with its reason.</summary>
static class ParserDifference
{
    /// <param name="theirError">PyYAML's, where it refuses.</param>
    /// <param name="ours">Refused where PyYAML reads.</param>
    internal static string? Of(string? theirError, YamlReading ours) => theirError is not null
        ? TheyRefuse.FirstOrDefault(words => theirError.Contains(words, StringComparison.Ordinal))
        : WeRefuse.FirstOrDefault(words => ours.Diagnostics.Any(d => d.Text.Contains(words, StringComparison.Ordinal)));

    static readonly string[] TheyRefuse =
    [
        // YAML lets a tab separate a key from its value, and a tag from what it marks.
        "found character '\\t' that cannot start any token",
        "expected ' ', but found '\\t'",
        // A comment or a tab right behind | or >.
        "expected chomping or indentation indicators",
        "while scanning a directive",
        // \' in double quotes.
        "found unknown escape character \"'\"",
    ];

    static readonly string[] WeRefuse =
    [
        // {a:,b:} is null values to PyYAML.
        "write a space behind the colon",
        // PyYAML makes strings of it that Python itself can't write to a file.
        "half a character is escaped",
        "this escape is no character",
        // PyYAML reads a mapping that merges itself.
        "stands inside of what it refers to",
        // %FOO is ignored there, and any %YAML 1.x read.
        "is a directive, and this one is unknown",
        "only %YAML 1.1 and 1.2 are read",
        "the text begins with a tab",
        "a zone beyond 14 hours",
        // [?: 1] and [? ]
        "expected ',' or ']'",
    ];
}
