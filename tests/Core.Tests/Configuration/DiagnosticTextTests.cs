using System.Text;
using Core.Tests.Drivers;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;
using Xunit;

namespace Core.Tests.Configuration;

/// <summary>What a person reads who made a mistake, word by word: <c>FILE:LINE:COL PATH: text</c>. YAML's own mistakes are in <see cref="Yaml.YamlMessageTests"/>.</summary>
public sealed class DiagnosticTextTests
{
    const string Cloud = "defaults: {iaas: {driver: SampleCloud, auth_url: http://cloud, password: hunter2}}\n";
    const string Web = "name: web\ncount: 3\nimage: ubuntu\nflavor: small\n";

    static string Preset(PresetContent content, string defaults = Cloud)
    {
        PresetReading reading = new PresetReader(Sample.Registry, Sample.NoEnvironment).Read(new PresetSource("infra:web.conf", "r", content) { Location = "infra@1a2b3c:web.conf" }, Sample.Good(defaults));
        Assert.Equal(reading.Preset is null, reading.Diagnostics.Any(d => d.Severity == Severity.Error));
        return string.Join(" | ", reading.Diagnostics);
    }

    static string Preset(string text, string defaults = Cloud) => Preset(new PresetContent.Yaml(Encoding.UTF8.GetBytes(text)), defaults).Replace("infra@1a2b3c:web.conf", "f", StringComparison.Ordinal);

    [Theory]
    [InlineData("", "f:1:1: the file is empty: a preset needs 'name', 'count', 'image' and 'flavor'")]
    [InlineData("# nothing yet\n", "f:1:1: the file is empty: a preset needs 'name', 'count', 'image' and 'flavor'")]
    [InlineData("\uFEFF", "f:1:1: the file is empty: a preset needs 'name', 'count', 'image' and 'flavor'")]
    [InlineData("- name: web\n", "f:1:1: expected a preset, a mapping with 'name' and 'count', this is a list")]
    [InlineData("web\n", "f:1:1: expected a preset, a mapping with 'name' and 'count', this is a string")]
    [InlineData("name: web\n\tcount: 3\n", "f:1:7: a tab can't indent: use spaces")]
    [InlineData("name: web\0\n", "f:1:10: the character U+0000 is not allowed in YAML: write it as an escape in a double-quoted string, or remove it")]
    [InlineData("{}", "f:1:1 name: is missing: name of the group and of each of its machines | f:1:1 count: is missing: machines to keep"
        + " | f:1:1 image: is missing: image, by its name in the IaaS. Required, unless 'unmanaged' | f:1:1 flavor: is missing: flavor, by its name in the IaaS. Required, unless 'unmanaged'")]
    public void A_whole_file(string text, string expected) => Assert.Equal(expected, Preset(text));

    [Theory]
    [InlineData("meta_tags: [a]", "f:5:12 meta_tags: expected a mapping, this is a list")]
    [InlineData("network: x", "f:5:10 network: expected a mapping, this is 'x'")]
    [InlineData("network: {security_groups: x}", "f:5:28 network.security_groups: expected a list, this is 'x'")]
    [InlineData("network: {security_groups: [a, {b: c}]}", "f:5:32 network.security_groups: expected a list of strings, this is a mapping")]
    [InlineData("network: {subnet_ids: [a]}", "f:5:11 network.subnet_ids: warning: unknown key")]
    [InlineData("previous_names: old", "f:5:17 previous_names: expected a list, this is 'old'")]
    [InlineData("unmanaged: maybe", "f:5:12 unmanaged: expected true or false, this is 'maybe'")]
    [InlineData("manage_interval: soon", "f:5:18 manage_interval: expected seconds, at least 0 and at most ten years, this is 'soon'")]
    [InlineData("manage_interval: -1", "f:5:18 manage_interval: expected seconds, at least 0 and at most ten years, this is '-1'")]
    [InlineData("manage_interval: 1e9", "f:5:18 manage_interval: expected seconds, at least 0 and at most ten years, this is '1e9'")]
    [InlineData("manage_interval: 999999999", "f:5:18 manage_interval: expected seconds, at least 0 and at most ten years, this is '999999999'")]
    [InlineData("max_dead: 140 %", "f:5:11 max_dead: expected a share like '40 %' or 0.4, this is '140 %'")]
    [InlineData("scale_in: oldes", "f:5:11 scale_in: expected none, oldest, newest or unhealthy_first, this is 'oldes', did you mean 'oldest'?")]
    [InlineData("userdata: [a]", "f:5:11 userdata: expected a string, this is a list")]
    [InlineData("key_name: {a: b}", "f:5:11 key_name: expected a string, this is a mapping")]
    [InlineData("cuont: 5", "f:5:1 cuont: warning: is taken for a template variable: did you mean 'count'?")]
    [InlineData("count: 5", "f:5:1 count: warning: the key stands twice, first in line 2: this one counts")]
    [InlineData("iaas: {port: 0}", "f:5:14 iaas.port: expected an integer from 1 to 65535, this is '0'")]
    [InlineData("iaas: {port: [1]}", "f:5:14 iaas.port: expected an integer from 1 to 65535, this is a list")]
    [InlineData("iaas: {http_timeout: 0.5}", "f:5:22 iaas.http_timeout: expected seconds from 1 to 600, this is '0.5'")]
    [InlineData("iaas: {verify: perhaps}", "f:5:16 iaas.verify: expected true or false, this is 'perhaps'")]
    [InlineData("iaas: {password: [hunter2]}", "f:5:18 iaas.password: expected a string, this is a list")]
    [InlineData("iaas: {pin: hunter2}", "f:5:13 iaas.pin: expected an integer, this is a string")]
    [InlineData("iaas: {old: x}", "f:5:13 iaas.old: warning: has no effect here: remove it")]
    [InlineData("iaas: {prot: 1}", "f:5:8 iaas.prot: warning: SampleCloud has no such option, did you mean 'port'?")]
    [InlineData("iaas: {driver: SampleClod}", "f:5:16 iaas.driver: unknown driver 'SampleClod', did you mean 'SampleCloud'? there are OtherCloud, SampleCloud")]
    [InlineData("iaas: {driver: [x]}", "f:5:16 iaas.driver: unknown driver a list: there are OtherCloud, SampleCloud")]
    [InlineData("healthcheck: {driver: Ping}", "f:5:23 healthcheck.driver: unknown driver 'Ping': there are SampleCheck")]
    [InlineData("healthcheck: {driver: SampleCheck, terminate_health_failed_delay: long}", "f:5:67 healthcheck.terminate_health_failed_delay: expected seconds, or -1 for never, this is 'long'")]
    [InlineData("iaas: {visibility_grace: -1}", "f:5:26 iaas.visibility_grace: expected seconds, at least 0 and at most ten years, this is '-1'")]
    [InlineData("iaas: {mirrors: {off: a, on: b, 010: c, 7: d}}", "f:5:18 iaas.mirrors.False: warning: 'off' is a boolean in YAML, which makes it 'False': quote it"
        + " | f:5:26 iaas.mirrors.True: warning: 'on' is a boolean in YAML, which makes it 'True': quote it | f:5:33 iaas.mirrors.8: warning: '010' is an integer in YAML, which makes it '8': quote it")]
    [InlineData("iaas: {regions: {on: http://a}, password: p}", "f:5:18 iaas.regions.True: warning: 'on' is a boolean in YAML, which makes it 'True': quote it")]
    public void One_line_of_a_preset(string line, string expected) => Assert.Equal(expected, Preset(Web + line));

    [Fact]
    public void Presets_that_grow_when_they_are_read_are_refused()
    {
        string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(0, 6).Select(i => $"{(char)('b' + i)}: &{(char)('b' + i)} [{string.Join(", ", Enumerable.Repeat($"*{(char)('a' + i)}", 10))}]\n"));
        Assert.Equal("f:5:36: aliases add more than 100000 values to this file: write them out, or split the file", Preset(bomb));
        Assert.Equal("f:5:67: nested deeper than 64 levels", Preset(Web + "x: " + new string('[', 100) + new string(']', 100)));
        Assert.Equal($"f:1:1: the file has {YamlReader.MaxBytes + 1} bytes, at most {YamlReader.MaxBytes} are read: is it the right file?", Preset(new string('#', YamlReader.MaxBytes + 1)));
        Assert.Equal("f:3:10: not valid UTF-8: save the file as UTF-8",
            Preset(new PresetContent.Yaml((byte[])[.. Encoding.UTF8.GetBytes("name: web\ncount: 3\nimage: m\u00fc"), 0xFF])).Replace("infra@1a2b3c:web.conf", "f", StringComparison.Ordinal));
    }

    [Fact]
    public void A_commit_is_part_of_the_place() =>
        Assert.Equal("infra@1a2b3c:web.conf:2:8 count: expected an integer from 0 to 10000, this is 'x'", Preset(new PresetContent.Yaml(Encoding.UTF8.GetBytes("name: web\ncount: x\nimage: a\nflavor: b\n"))));

    [Theory]
    [InlineData("", "settings.yaml:1:1: expected the settings, a mapping with 'runtime' and 'presets', this is null")]
    [InlineData("{}", "settings.yaml:1:1 runtime: is missing: the store: driver and its options | settings.yaml:1:1 presets: is missing: where presets come from: driver and its options")]
    [InlineData("runtime: x\npresets: {}", "settings.yaml:1:10 runtime: expected a mapping with 'driver', this is 'x' | settings.yaml:2:10 presets.driver: is missing: there are SamplePlace")]
    [InlineData("runtime: {driver: SampelStore}\npresets: {driver: SamplePlace}", "settings.yaml:1:19 runtime.driver: unknown driver 'SampelStore', did you mean 'SampleStore'? there are SampleStore")]
    [InlineData(Sample.Settings + "runtime: {driver: SampleStore}", "settings.yaml:3:1 runtime: warning: the key stands twice, first in line 1: this one counts")]
    [InlineData(Sample.Settings + "defaults: []", "settings.yaml:3:11 defaults: expected a mapping, this is a list")]
    [InlineData(Sample.Settings + "defaults: {iaas: {driver: Nova}}", "settings.yaml:3:27 defaults.iaas.driver: unknown driver 'Nova': there are OtherCloud, SampleCloud")]
    [InlineData(Sample.Settings + "defaults: {iaas: {driver: SampleCloud, port: 0, prot: 1}}", "settings.yaml:3:46 defaults.iaas.port: expected an integer from 1 to 65535, this is '0'"
        + " | settings.yaml:3:49 defaults.iaas.prot: warning: SampleCloud has no such option, did you mean 'port'?")]
    [InlineData(Sample.Settings + "defaults: {iaas: {driver: SampleCloud, regions: {a: {size: 10}}}}", "settings.yaml:3:60 defaults.iaas.regions.a.size: expected an integer from 1 to 9, this is '10'")]
    [InlineData(Sample.Settings + "defaults: {network: {}}", "settings.yaml:3:12 defaults.network: warning: unknown key")]
    [InlineData(Sample.Settings + "end_budget: 1.5", "settings.yaml:3:13 end_budget: expected an integer from 0 to 1000000, this is '1.5'")]
    [InlineData(Sample.Settings + "canaries: http://a", "settings.yaml:3:11 canaries: expected a list, this is 'http://a'")]
    public void Settings_speak_in_the_same_way(string text, string expected) => Assert.Equal(expected, string.Join(" | ", Sample.Read(text).Diagnostics));

    [Fact]
    public void What_is_wrong_with_the_defaults_of_one_preset_points_into_the_settings()
    {
        // Only the preset says which driver it is for, so only there can it be found to be wrong.
        Assert.Equal("settings.yaml:3:40 iaas.port: expected an integer from 1 to 65535, this is 'x'",
            Preset(Web + "iaas: {driver: SampleCloud, auth_url: http://a, password: p}", "defaults: {iaas: {username: u, port:   x}}"));
    }

    [Fact]
    public void A_structured_preset_with_a_key_twice_is_refused_in_words()
    {
        var pairs = new List<KeyValuePair<object?, object?>> { KeyValuePair.Create<object?, object?>("role", "a"), KeyValuePair.Create<object?, object?>("role", "b") };
        var document = new Dictionary<string, object?> { ["name"] = "web", ["count"] = 1L, ["image"] = "a", ["flavor"] = "b", ["meta_tags"] = pairs };
        Assert.Equal("infra@1a2b3c:web.conf:0:0: the key 'role' stands twice in one mapping", Preset(new PresetContent.Document(document)));
    }
}
