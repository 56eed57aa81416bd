using System.Text;
using Core.Tests.Configuration.Fuzzing;
using VmShepherd.Core.Configuration.Yaml;
using Xunit;

namespace Core.Tests.Configuration.Yaml;

public sealed class PyYamlComparisonTests(ITestOutputHelper output)
{
    const int Mutations = 6000;

    /// <summary>So many documents go to Python at once.</summary>
    const int Batch = 500;

    [Theory]
    [InlineData("a: yes\nb: y\nc: On\nd: OFF\ne: nO\nf: true\ng: TRUE\nh: tRUE")]
    [InlineData("[0744, 08, 0o17, 0b101, 0b, 0x1F, -0x1f, +12, -0, 00, 0_7, 1_000, 190:20:30, -1:30, 1:60, 0:30, 12e3]")]
    [InlineData("[1e3, 1.0e3, 1.0e+3, .5, -.5, 1., 1._5, .inf, -.inf, +.INF, .nan, 190:20:30.15, 1_0.5, 1.5e-10, 123456789.0e+20, .1e5]")]
    [InlineData("[~, null, Null, NULL, nULL, '', \"\", !!null x]\n")]
    [InlineData("[2026-01-31, 2026-1-3, 2026-01-31 12:00:00, 2026-01-31t1:02:03.1234567Z, 2026-01-31 12:00:00 -5, 2026-01-31T12:00:00+05:30, '2026-01-31']")]
    [InlineData("a: 2026-13-01")]
    [InlineData("a: 1\nb: 2\na: 3")]
    [InlineData("1: a\ntrue: b\n1.0: c")]
    [InlineData("a: &x {k: 1, l: 2}\nb: {l: 3, <<: *x, m: 4}\nc:\n  <<: [{p: 1, q: 2}, {q: 3, r: 4}]\n  p: 5")]
    [InlineData("<<: {a: 1}\n<<: {a: 2, b: 3}\nc: 1")]
    [InlineData("'<<': {a: 1}")]
    [InlineData("a: <<")]
    [InlineData("<<: 3")]
    [InlineData("=: 3")]
    [InlineData("a: =")]
    [InlineData("a: !!str 12\nb: !!int '12'\nc: !!float 1\nd: !!bool 'yes'\ne: ! '12'\nf: !!int x")]
    [InlineData("a: !foo x")]
    [InlineData("a: !!python/object:os.system x")]
    [InlineData("a: !!binary aGVs bG8=\nb: !!binary '@@aGVsbG8'\nc: !!binary aGVsbG8==")]
    [InlineData("a: !!omap [b: 1, a: 2]\nb: !!set {p, q}")]
    [InlineData("a: !!seq {b: 1}")]
    [InlineData("? [a]\n: b")]
    [InlineData("{{ a }}: b")]
    [InlineData("- a\n--- \n- b")]
    [InlineData("a: *b")]
    [InlineData("a: &x 1\nb: &x 2")]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n...\n")]
    [InlineData("a:\tb\n")]
    [InlineData("a:\n\tb: c\n")]
    [InlineData("%YAML 1.1\n---\na: yes")]
    [InlineData("%YAML 1.2\n---\na: yes")]
    [InlineData("%YAML 2.0\n---\na: yes")]
    [InlineData("%TAG ! tag:yaml.org,2002:\n---\na: !int '3'")]
    [InlineData("a: 'it''s'\nb: \"\\x41\\u263A\\U0001F600\\n\\\n  c\"")]
    [InlineData("a: \"\\q\"")]
    [InlineData("a: |+\n  x\n\n\nb: >2-\n    y\n   z\n")]
    [InlineData("a: b: c")]
    [InlineData("a: [b, c")]
    [InlineData("a: @b")]
    [InlineData("a: `b`")]
    [InlineData("a: %b")]
    [InlineData("a: b #c\nd: e#f\n")]
    [InlineData("\uFEFFa: b")]
    [InlineData("a: \u0001")]
    [InlineData("a: \u0085b\u2028c")]
    [InlineData("{a: 1, a, b: , 'c':2, \"d\":[1,,2]}")]
    [InlineData("{a:1, b: x:y, http://a:80/}")]
    public async Task A_document_reads_as_in_PyYAML(string document) => await CompareAsync(Encoding.UTF8.GetBytes(document));

    [Fact]
    public async Task UTF16_with_a_byte_order_mark_reads_as_in_PyYAML()
    {
        await CompareAsync([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a: ü")]);
        await CompareAsync([0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes("a: ü")]);
        await CompareAsync([0x61, 0x3A, 0x20, 0xC3]);
    }

    /// <summary><c>VMSHEPHERD_MUTATIONS</c> says how many to try, <c>VMSHEPHERD_SEED</c> replays one.</summary>
    [Fact]
    public async Task Mutated_files_read_as_in_PyYAML()
    {
        (int first, int count) = Seeds.Of("VMSHEPHERD_MUTATIONS", Mutations);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        Dictionary<string, int> excused = [];
        List<string> failures = [];
        int[][] halves = [[.. Enumerable.Range(first, (count + 1) / 2)], [.. Enumerable.Range(first + ((count + 1) / 2), count / 2)]];
        await Task.WhenAll(halves.Select(seeds => Task.Run(() => CompareAsync(seeds, excused, failures), TestContext.Current.CancellationToken)));

        foreach ((string difference, int times) in excused.OrderBy(d => d.Key, StringComparer.Ordinal)) output.WriteLine($"{difference}: {times}");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(10)) + $"\n{failures.Count} of {count}");
        // Each is a rarity, or it would hide what we got wrong.
        Assert.All(excused, difference => Assert.True(difference.Value <= 2 + (count / 50), $"{difference.Key}: {difference.Value} of {count}"));
    }

    static async Task CompareAsync(int[] seeds, Dictionary<string, int> excused, List<string> failures)
    {
        using var python = new PyYaml();
        foreach (int[] batch in seeds.Chunk(Batch))
        {
            byte[][] documents = [.. batch.Select(Mutation.Of)];
            string[] answers = await python.LoadAsync(documents);
            for (int i = 0; i < batch.Length; i++)
            {
                (string? problem, string? difference) = Compare(documents[i], answers[i]);
                lock (failures)
                {
                    if (difference is not null) excused[difference] = excused.GetValueOrDefault(difference) + 1;
                    if (problem is not null) failures.Add($"{problem}\n{Seeds.Again(batch[i])}");
                }
            }
        }
    }

    static async Task CompareAsync(byte[] document)
    {
        using var python = new PyYaml();
        Assert.Null(Compare(document, (await python.LoadAsync([document]))[0]).Problem);
    }

    static (string? Problem, string? Difference) Compare(byte[] document, string theirs)
    {
        YamlReading ours = YamlReader.Read(document, "f");
        if (ours.Diagnostics.FirstOrDefault(d => d.Line < 1 || d.Column < 1) is { } nowhere) return ($"without a place: {nowhere}", null);
        bool refused = theirs.StartsWith("error ", StringComparison.Ordinal);
        if (refused == ours.Root is null && (refused || PyYaml.Shape(ours.Root!) == theirs)) return (null, null);

        // One valid file must never mean two things: only where one of the two refuses may they differ.
        if (refused != ours.Root is null && ParserDifference.Of(refused ? theirs : null, ours) is { } difference) return (null, difference);
        string mine = ours.Root is null ? string.Join("; ", ours.Diagnostics) : PyYaml.Shape(ours.Root);
        return ($"PyYAML: {theirs}\nwe: {mine}\n{Encoding.UTF8.GetString(document)}\n{Convert.ToBase64String(document)}", null);
    }
}
