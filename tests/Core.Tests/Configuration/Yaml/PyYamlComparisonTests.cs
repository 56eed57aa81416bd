using System.Text;
using VmShepherd.Core.Configuration.Yaml;
using Xunit;

namespace Core.Tests.Configuration.Yaml;

public sealed class PyYamlComparisonTests : IDisposable
{
    readonly PyYaml _python = new();

    const string Preset = """
        # a preset
        name: web
        count: 0x10
        manage_interval: 1:30
        image: &img "ubuntu 16.04"
        flavor: 'm1.small'
        unmanaged: off
        userdata: |
          #cloud-config
          {% for k, v in meta_tags.items() %}
          {{ k }}: {{ v }}
          {% endfor %}
        folded: >-
          one
          two

          three
        meta_tags: &tags {role: http, on: yes, 7: seven, ~: none, y: n, mode: 0744, big: 123_456_789_012_345_678_901}
        more: {<<: *tags, role: other, when: 2026-01-31, at: 2026-01-31T12:00:00.5+02:00}
        network:
          security_groups:
            - default
            - [a, 'b', "c\x41\n"]
          subnets: [{net-id: 1e3}, {net-id: 1.5e+3}, .inf, -.INF, .nan, 09, 0b101, 1_000.5]
        ? complex
        : !!str 12
        iaas: !!map
          driver: DummyIaasDriver
          ratio: !!float 3
          blob: !!binary aGVsbG8=
          again: *img
        """;

    const string Settings = "worker_interval: 5\r\nhttp:\r\n  listen_port: 8888\r\n  api: {allowed_methods: [list_presets, list_vms]}\r\n" +
        "runtime:\r\n  driver: InMemoryDriver\r\ndefaults:\r\n  base: &base {a: 1, b: 2}\r\n  other: &other {b: 3, c: 4}\r\n" +
        "  iaas: {<<: [*base, *other], a: 5}\r\n  text: \"folded \\\r\n    line \\u263A \\\"quoted\\\"\"\r\n  set: !!set {x, y}\r\n  pairs: !!pairs [a: 1, a: 2]\r\n";

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

    [Fact]
    public async Task Mutated_files_read_as_in_PyYAML()
    {
        var random = new Random(20261122);
        for (int i = 0; i < 1000; i++) await CompareAsync(Encoding.UTF8.GetBytes(Mutate(i % 3 == 0 ? Settings : Preset, random)));
    }

    static string Mutate(string document, Random random)
    {
        string[] scraps = [" ", "\n", ": ", "- ", "'", "\"", "{", "}", "[", "]", ",", "&a ", "*img", "!", "!!str ", "|", ">", "#", "%", "@", "~", "0", "_", ".", "?", "<<: ", "\t", "\r", "é", "---\n", "é: \n"];
        var text = new StringBuilder(document);
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 4), text.Length - at)); break;
                case 1: text.Insert(at, scraps[random.Next(scraps.Length)]); break;
                case 2: text[at] = scraps[random.Next(scraps.Length)][0]; break;
                default: text.Insert(at, document.AsSpan(random.Next(document.Length / 2), random.Next(1, 12))); break;
            }
        }
        return text.ToString();
    }

    async Task CompareAsync(byte[] document)
    {
        string theirs = await _python.LoadAsync(document);
        YamlReading ours = YamlReader.Read(document, "f");
        string text = Encoding.UTF8.GetString(document);
        if (ParsersDiffer(theirs, ours)) return;
        if (theirs.StartsWith("error ", StringComparison.Ordinal))
            Assert.True(ours.Root is null, $"PyYAML refuses ({theirs}), we read {(ours.Root is null ? "" : PyYaml.Shape(ours.Root))}:\n{text}");
        else
            Assert.True(ours.Root is not null && PyYaml.Shape(ours.Root) == theirs,
                $"PyYAML reads {theirs}\nwe {(ours.Root is null ? string.Join("; ", ours.Diagnostics) : PyYaml.Shape(ours.Root))}:\n{text}");
    }

    /// <summary>Where the two parsers are known to differ. None of it can make one valid file mean two things.</summary>
    static bool ParsersDiffer(string theirs, YamlReading ours) =>
        // YAML lets a tab separate a key from its value, PyYAML does not: we read what the standard allows.
        theirs.Contains("found character '\\t' that cannot start any token", StringComparison.Ordinal)
        || theirs.Contains("found unknown escape character \"'\"", StringComparison.Ordinal)
        // {a:,b:} is null values to PyYAML; ours asks for the space.
        || ours.Diagnostics.Any(d => d.Text.Contains("space behind the colon", StringComparison.Ordinal));

    public void Dispose() => _python.Dispose();
}
