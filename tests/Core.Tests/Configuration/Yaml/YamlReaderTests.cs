using System.Numerics;
using System.Text;
using CsCheck;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;
using Xunit;

namespace Core.Tests.Configuration.Yaml;

public sealed class YamlReaderTests
{
    static YamlReading Read(string text) => YamlReader.Read(Encoding.UTF8.GetBytes(text), "web.conf");

    static Diagnostic Only(YamlReading reading) => Assert.Single(reading.Diagnostics);

    static Diagnostic Fails(string text)
    {
        YamlReading reading = Read(text);
        Assert.Null(reading.Root);
        Diagnostic problem = Only(reading);
        Assert.Equal(Severity.Error, problem.Severity);
        return problem;
    }

    [Fact]
    public void A_mapping_keeps_its_order_and_the_types_of_its_keys()
    {
        var mapping = Assert.IsType<YamlMapping>(Read("z: 1\n7: a\non: b\n~: c\na: 123456789012345678901234567890").Root);
        Assert.Equal(["z", 7L, true, null, "a"], mapping.Entries.Select(e => e.Key.Value));
        Assert.Equal(BigInteger.Parse("123456789012345678901234567890", System.Globalization.CultureInfo.InvariantCulture), ((YamlScalar)mapping.Entries[4].Value).Value);
    }

    [Fact]
    public void Plain_objects_keep_the_order_and_only_odd_keys_change_the_shape()
    {
        var plain = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(YamlPlain.Of(Read("b: {x: 1}\na: {1: one}").Root!));
        Assert.Equal(["b", "a"], plain.Keys);
        Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(plain["b"]);
        Assert.Equal([KeyValuePair.Create<object?, object?>(1L, "one")], Assert.IsAssignableFrom<IReadOnlyList<KeyValuePair<object?, object?>>>(plain["a"]));
    }

    [Fact]
    public void A_duplicate_key_warns_where_the_second_one_stands()
    {
        YamlReading reading = Read("a:\n  b: 1\n  c: 2\n  b: 3\n");
        Assert.Equal("web.conf:4:3 a.b: warning: the key stands twice, first in line 2: this one counts", Only(reading).ToString());
        Assert.NotNull(reading.Root);
    }

    [Fact]
    public void Overriding_a_merged_key_is_no_duplicate() => Assert.Empty(Read("a: &x {k: 1}\nb: {<<: *x, k: 2}").Diagnostics);

    [Theory]
    [InlineData("a:\n\tb: c\n", 2, 1)]
    [InlineData("a: b\nc: \0\n", 2, 4)]
    [InlineData("a: b: c\n", 1, 5)]
    [InlineData("a: *nothing\n", 1, 4)]
    [InlineData("a: b\nc: !thing d\n", 2, 4)]
    [InlineData("a: &x [*x]\n", 1, 8)]
    public void An_error_says_where_it_is(string text, int line, int column)
    {
        Diagnostic problem = Fails(text);
        Assert.Equal((line, column), (problem.Line, problem.Column));
    }

    [Fact]
    public void Bad_UTF8_is_positioned()
    {
        YamlReading reading = YamlReader.Read([(byte)'a', (byte)':', (byte)'\n', (byte)'b', 0xC3, (byte)'x'], "f");
        Assert.Equal("f:2:2: not valid UTF-8: save the file as UTF-8", Only(reading).ToString());
    }

    [Fact]
    public void Every_bad_value_is_named_at_once() => Assert.Equal(3, Read("a: !x 1\nb: !!int y\nc: 2026-13-01").Diagnostics.Count);

    [Fact]
    public void An_alias_bomb_is_refused_in_no_time()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 20; i++) bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("aliases add more than", Fails(bomb.ToString()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_is_not_repeated_without_end()
    {
        string bomb = $"a: &a {new string('x', 500_000)}\nb: [{string.Join(", ", Enumerable.Repeat("*a", 20_000))}]\n";
        YamlReading reading = Read(bomb);
        Assert.Equal("web.conf:2:69: aliases add more than 8388608 characters to this file: write them out, or split the file", Only(reading).ToString());
        Assert.InRange(reading.Work.AliasedText, YamlComposer.MaxAliasedText, YamlComposer.MaxAliasedText + 500_000);
    }

    [Fact]
    public void A_huge_key_is_not_repeated_in_the_path_of_each_value_below()
    {
        string values = string.Join(", ", Enumerable.Repeat("!x 1", 5000));
        YamlReading reading = Read($"? {new string('k', 500_000)}\n: [{values}]\n");
        Assert.All(reading.Diagnostics, d => Assert.InRange(d.ToString().Length, 1, 200));
        Assert.Equal(DiagnosticList.Max, reading.Diagnostics.Count);
    }

    [Fact]
    public void A_merge_bomb_is_refused()
    {
        var bomb = new StringBuilder("a0: &a0 {a: 1, b: 2, c: 3}\n");
        for (int i = 1; i < 30; i++) bomb.Append($"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n");
        Assert.Null(Read(bomb.ToString()).Root);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    [InlineData("- ", "")]
    [InlineData("? ", "")]
    [InlineData("{? [", "]}")]
    [InlineData("!!set {", "}")]
    public void Deep_nesting_is_refused(string open, string close)
    {
        string deep = string.Concat(Enumerable.Repeat(open, 100_000)) + string.Concat(Enumerable.Repeat(close, 100_000));
        Assert.Contains("nested deeper than 64", Fails(deep).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_counts_aliases_written_out()
    {
        string nest = string.Concat(Enumerable.Repeat("[", 40)) + "1" + string.Concat(Enumerable.Repeat("]", 40));
        string around = string.Concat(Enumerable.Repeat("[", 40)) + "*a" + string.Concat(Enumerable.Repeat("]", 40));
        Assert.Contains("nested deeper", Fails($"a: &a {nest}\nb: {around}").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused() => Assert.Contains("at most 1048576", Fails(new string('a', YamlReader.MaxBytes + 1)).Text, StringComparison.Ordinal);

    [Fact]
    public void Nothing_but_diagnostics_comes_out_of_any_bytes()
    {
        Gen.Byte.Array[0, 60].Sample(bytes => YamlReader.Read(bytes, "f") is not null, iter: 3000);
        string[] scraps = ["a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "'", "\"", "\\", "|", ">", "?", "<<: ", "%YAML", "---", "...", "#", "\t", "0", ",", "!<", ">", "\u2028", "\uD83D\uDE00"];
        Gen.Int[0, scraps.Length - 1].Array[0, 30].Sample(picks => Read(string.Concat(picks.Select(p => scraps[p]))) is { } r && (r.Root is not null || r.Diagnostics.Any(d => d.Severity == Severity.Error)), iter: 5000);
    }
}
