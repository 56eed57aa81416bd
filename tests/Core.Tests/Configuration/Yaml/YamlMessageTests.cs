using System.Text;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;
using Xunit;

namespace Core.Tests.Configuration.Yaml;

/// <summary>What a person reads who made a mistake in YAML: what is wrong, where, and what to do.</summary>
public sealed class YamlMessageTests
{
    [Theory]
    [InlineData("a:\n\tb: c\n", "f:2:1: a tab can't indent: use spaces")]
    [InlineData("a: b\n\tc: d\n", "f:1:4: a tab can't indent: use spaces")]
    [InlineData("a: b: c\n", "f:1:5: a ': ' too many: quote the value if it is part of the text, else look at the indentation")]
    [InlineData("a: [b\nc: d\n", "f:2:2: expected ',' or ']': is a ']' missing?")]
    [InlineData("a: {b: c\n", "f:2:1: expected ',' or '}': is a '}' missing, or are quotes around {{ ... }}?")]
    [InlineData("a: 'b\nc: d\n", "f:1:4: the closing quote is missing")]
    [InlineData("a: \"b\\qc\"\n", "f:1:4: no such escape: write \\\\ for a backslash, or use single quotes")]
    [InlineData("a: \"b\\xZZ\"\n", "f:1:4: hexadecimal digits are missing in this escape: write \\\\ for a backslash, or use single quotes")]
    [InlineData("a: b\nnonsense\nc: d\n", "f:3:1: a key without ': ' behind it: is a colon, a space behind it, or a quote missing?")]
    [InlineData("a:\n    b: 1\n  c: 2\n", "f:3:3: does not belong to the mapping above: look at the indentation, and for a quote or bracket that is not closed")]
    [InlineData("a:\n  - b\n c\n", "f:3:2: does not belong to the mapping above: look at the indentation, and for a quote or bracket that is not closed")]
    [InlineData("a: @b\n", "f:1:4: '@' can't begin a value: quote the text")]
    [InlineData("a: `b`\n", "f:1:4: '`' can't begin a value: quote the text")]
    [InlineData("a: %b\n", "f:1:4: '%' can't begin a value: quote the text")]
    [InlineData("a: *\n", "f:1:4: '&' and '*' at the beginning make anchors and aliases: quote the text")]
    [InlineData("a: *b\n", "f:1:4: nothing is anchored as '&b' above")]
    [InlineData("a: &x [*x]\n", "f:1:8: '*x' stands inside of what it refers to")]
    [InlineData("a: &x 1\nb: &x 2\n", "f:2:4: the anchor '&x' is given twice, first in line 1")]
    [InlineData("a: !b c\n", "f:1:4 a: unknown tag '!b': remove it")]
    [InlineData("a: {{ b }}\n", "f:1:5 a: a mapping can't be a key: did you forget quotes around {{ ... }}?")]
    [InlineData("{{ a }}: b\n", "f:1:2: a mapping can't be a key: did you forget quotes around {{ ... }}? | f:1:1: a mapping can't be a key: did you forget quotes around {{ ... }}?")]
    [InlineData("a: {b:, c: 1}\n", "f:1:5: write a space behind the colon")]
    [InlineData("a: >\t#x\n  b\n c\n", "f:3:2: does not belong to the mapping above: look at the indentation, and for a quote or bracket that is not closed")]
    [InlineData("a: |\n  \tb\n", "f:1:4: the text begins with a tab: write the width of its indentation behind '|' or '>', as in '|2'")]
    [InlineData("a: - b\n", "f:1:4: a '- ' that begins no item of a list: put it on a line of its own, or quote the text")]
    [InlineData("a: 1\n---\nb: 2\n", "f:2:1: a second document begins here: keep one document in a file")]
    [InlineData("a: \0\n", "f:1:4: the character U+0000 is not allowed in YAML: write it as an escape in a double-quoted string, or remove it")]
    [InlineData("a: \"\\uD83D\\uDE00\"\n", "f:1:4: half a character is escaped here (\\uD800 to \\uDFFF): write the character itself, or \\U and its eight digits")]
    [InlineData("<<: 3\n", "f:1:5: '<<' merges a mapping or a list of mappings, this is a single value")]
    [InlineData("a: =\n", "f:1:4 a: '=' has a meaning of its own in YAML: quote it")]
    [InlineData("a: 2026-13-01\n", "f:1:4 a: no such date")]
    [InlineData("a: 2026-01-01 10:00:00 +22\n", "f:1:4 a: a zone beyond 14 hours: quote it, if it is a text")]
    [InlineData("%FOO\n---\na: b\n", "f:1:1: a line that begins with '%' is a directive, and this one is unknown: quote the text, or remove the line")]
    [InlineData("%YAML 1.9\n---\na: b\n", "f:1:1: only %YAML 1.1 and 1.2 are read: remove the line")]
    [InlineData("a: !!int b\nc: !!binary d\n", "f:1:4 a: not an integer | f:2:4 c: base64 with wrong padding")]
    public void A_mistake_says_what_is_wrong_where_and_what_to_do(string text, string expected)
    {
        YamlReading reading = YamlReader.Read(Encoding.UTF8.GetBytes(text), "f");
        Assert.Null(reading.Root);
        Assert.Equal(expected, string.Join(" | ", reading.Diagnostics));
    }

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a' })]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 })]
    public void A_byte_order_mark_is_no_mistake(byte[] bytes) => Assert.Empty(YamlReader.Read(bytes, "f").Diagnostics);
}
