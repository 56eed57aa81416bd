using System.Text;
using Core.Tests.Drivers;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration.Templates;

/// <summary>Against PyYAML and Jinja2 themselves: every type a file can hold, and every kind of line end.</summary>
public sealed class ParityTests
{
    const string Values = """
        big: 123456789012345678901234567890
        hex: -0xffffffffffffffffffffffff
        small: [0, -1, 010, 0b11, 1_000, 190:20:30]
        floats: [1.0, 1e+3, 1.5e+300, .inf, -.inf, .nan, -0.0, 0.1, 1e3]
        flags: [yes, no, on, off, true]
        nothing: [~, null, '']
        date: 2024-02-29
        moments: [2001-12-14t21:59:43.10-05:00, 2001-12-14 21:59:43.123456, 2001-12-15 2:59:43.1 Z, 2001-12-14 21:59:43 +05:30]
        bytes: !!binary aGVsbG8A/w==
        set: !!set {only}
        omap: !!omap [b: 1, a: {c: [1]}]
        pairs: !!pairs [a: 1, a: 2]
        keys: {1: int, 1.5: float, ~: none, 2024-01-01: date, true2: text, no: bool, !!binary aGk=: bytes}
        text: "h\u00e9llo \U0001F600 \0 \x85 \u2028 tab\t"
        base: &base {z: 1, a: {deep: [2, {y: 3}]}}
        alias: *base
        merged: {<<: *base, b: 5}
        """;

    [Theory]
    [InlineData("{{ big }} {{ big + 1 }} {{ hex }} {{ hex // 3 }} {{ small }}")]
    [InlineData("{{ floats }} {{ floats[0] }} {{ floats[2] * 10 }} {{ floats[8] is string }}")]
    [InlineData("{{ flags }} {{ nothing }} {{ nothing[0] is none }}")]
    [InlineData("{{ date }} {{ [date] }} {{ date.year }} {{ date.strftime('%d.%m.%y') }} {{ moments }} {{ moments[0].isoformat() }} {{ moments[2] - moments[0] }} {{ moments[3].utcoffset() }}")]
    [InlineData("{{ bytes }} {{ bytes[0] }} {{ bytes.decode('latin-1') }} {{ set }} {{ 'only' in set }} {{ set is mapping }}")]
    [InlineData("{{ omap }} {{ pairs }} {% for k, v in omap %}{{ k }}={{ v }};{% endfor %} {{ omap|map('first')|list }}")]
    [InlineData("{{ keys }} {{ keys[1] }} {{ keys[none] }} {{ keys[1.5] }} {{ keys[false] }} {{ keys.get('1') }} {{ keys.items()|list }}")]
    [InlineData("{{ text }}|{{ text|length }}|{{ [text] }}|{{ text|tojson }}")]
    [InlineData("{{ alias }} {{ merged }} {{ merged|dictsort }} {{ base.a.deep[1].y }} {{ merged.keys()|list }}")]
    [InlineData("{{ big|string|length }} {{ 7 / 2 }} {{ 2 ** 100 }} {{ 'a' 'b' }} {{ undefined_name }}")]
    public async Task Values_reach_a_template_with_the_types_of_Python(string template)
    {
        using var reference = new Reference();
        await using var renderer = new UserdataRenderer(TimeProvider.System);

        RenderedUserdata rendered = await renderer.RenderAsync(Reference.Preset(template, Values), TestContext.Current.CancellationToken);

        Assert.Equal(await reference.RenderAsync(Values, template), rendered.Text ?? rendered.Problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\n\n")]
    [InlineData("a\n")]
    [InlineData("a\r\n")]
    [InlineData("a\r")]
    [InlineData("a\r\n\r\n")]
    [InlineData("a\n\r")]
    [InlineData("a\r\r\nb\rc\n\n\n")]
    [InlineData("  a \n ")]
    [InlineData("\ufeff#cloud-config\n")]
    [InlineData("a\u2028\n\u0085\f\v\0\n")]
    [InlineData("}} %} #} { { {\n")]
    public async Task Line_ends_become_what_Jinja2_makes_of_them_with_and_without_marks(string text)
    {
        using var reference = new Reference();
        await using var renderer = new UserdataRenderer(TimeProvider.System);

        foreach (string template in new[] { text, "{# marked #}" + text, text + "{{ '' }}", text + "{# marked #}\n" })
        {
            RenderedUserdata rendered = await renderer.RenderAsync(Reference.Preset(template, ""), TestContext.Current.CancellationToken);
            Assert.Equal(await reference.RenderAsync("", template), rendered.Text);
        }
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_is_refused_and_harmless_inside()
    {
        await using var renderer = new UserdataRenderer(TimeProvider.System);
        var values = new Dictionary<string, object?> { ["half"] = "a\ud800b" };
        async Task<RenderedUserdata> RenderAsync(string template) => await renderer.RenderAsync(Reference.Preset(template, values), TestContext.Current.CancellationToken);

        Assert.Equal("3", (await RenderAsync("{{ half|length }}")).Text);
        Assert.Contains("surrogate", (await RenderAsync("{{ half }}")).Problem, StringComparison.Ordinal);
        Assert.Contains("surrogate", (await RenderAsync("\ud800{{ 1 }}")).Problem, StringComparison.Ordinal);
        Assert.Contains("surrogate", (await RenderAsync("plain \udc00")).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_sees_the_whole_merged_preset_but_no_secret()
    {
        Settings settings = Sample.Good("defaults:\n  iaas: {driver: SampleCloud, auth_url: http://cloud, password: hidden}\n");
        byte[] preset = Encoding.UTF8.GetBytes("""
            name: web
            count: 2
            image: a
            flavor: b
            role: http
            meta_tags: {1: one}
            userdata: "{{ name }} {{ count + 1 }} {{ role }} {{ meta_tags }} {{ iaas.auth_url }} {{ iaas.password is defined }}"
            """);
        PresetReading reading = new PresetReader(Sample.Registry, Sample.NoEnvironment).Read(new PresetSource("web.conf", "1", new PresetContent.Yaml(preset)), settings);
        await using var renderer = new UserdataRenderer(TimeProvider.System);

        RenderedUserdata rendered = await renderer.RenderAsync(reading.Preset!, TestContext.Current.CancellationToken);

        Assert.Equal("web 3 http {1: 'one'} http://cloud False", rendered.Text ?? rendered.Problem);
    }
}
