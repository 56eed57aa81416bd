using System.Text;
using Core.Tests.Drivers;
using CsCheck;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration;

public sealed class PresetReaderTests
{
    const string Cloud = "defaults: {iaas: {driver: SampleCloud, auth_url: http://cloud, username: shepherd, password: hunter2, port: 81}}\n";
    const string Web = "name: web\ncount: 3\nimage: ubuntu\nflavor: small\n";

    static PresetReading Read(string text, string settings = Cloud, Func<string, string?>? environment = null, string prefix = "", IPresetFiles? files = null) =>
        new PresetReader(Sample.Registry, environment ?? Sample.NoEnvironment)
            .Read(new PresetSource("web.conf", "r1", new PresetContent.Yaml(Encoding.UTF8.GetBytes(text))) { NamePrefix = prefix, Files = files }, Sample.Good(settings));

    static Preset Good(string text, string settings = Cloud)
    {
        PresetReading reading = Read(text, settings);
        return reading.Preset ?? throw new InvalidOperationException(string.Join("; ", reading.Diagnostics));
    }

    static string Only(string text, string settings = Cloud) => Assert.Single(Read(text, settings).Diagnostics).ToString();

    [Fact]
    public void The_least_preset_has_the_documented_defaults()
    {
        Preset preset = Good(Web);
        Assert.Equal(("web", 3, "ubuntu", "small", 60d, 120d), (preset.Name, preset.Count, preset.Image, preset.Flavor, preset.ManageInterval.TotalSeconds, preset.ManageExpire.TotalSeconds));
        Assert.Equal((Userdata.None, NetworkSpec.Empty, ScaleIn.None), (preset.Userdata, preset.Network, preset.ScaleIn));
        Assert.Null(preset.Healthcheck);
        Assert.Null(preset.Health.TerminateAfter);
        Assert.Equal(81, ((CloudOptions)preset.Iaas.Options).Port);
        Assert.Empty(preset.MetaTags);
        Assert.Equal(16, preset.SpecHash.Length);
    }

    [Fact]
    public void Every_key_is_read()
    {
        Preset preset = Good("""
            name: 010
            count: 0
            manage_interval: 1:30
            manage_expire: 30
            image: 16.04
            flavour: small
            userdata: "file://x"
            meta_tags: {role: http, 7: on}
            key_name: me@here
            network: {security_groups: [a, 5], availability_zone: az1, subnet: [{net-id: n1}, n2]}
            unmanaged: true
            panel_links: {ssh: "ssh://ip"}
            startup_grace: 10
            creation_timeout: 60
            max_vanished: 10 %
            max_dead: 20%
            max_unhealthy: 0.3
            hold_probe: 100
            replace_pace: 1
            scale_in: unhealthy_first
            previous_names: [old]
            iaas: {visibility_grace: 5, port: 82}
            healthcheck: {driver: SampleCheck, terminate_heatlh_failed_delay: 60}
            """);
        Assert.Equal(("8", 0, "16.04", "small", "me@here", true), (preset.Name, preset.Count, preset.Image, preset.Flavor, preset.KeyName, preset.Unmanaged));
        Assert.Equal((90d, 30d, 10d, 60d), (preset.ManageInterval.TotalSeconds, preset.ManageExpire.TotalSeconds, preset.Health.StartupGrace.TotalSeconds, preset.Health.TerminateAfter!.Value.TotalSeconds));
        Assert.Equal(new SafetyLimits
        {
            VisibilityGrace = TimeSpan.FromSeconds(5), MaxVanished = 0.1, MaxDead = 0.2, MaxUnhealthy = 0.3, HoldProbe = TimeSpan.FromSeconds(100), ReplacePace = 1, CreationTimeout = TimeSpan.FromSeconds(60),
        }, preset.Limits);
        Assert.Equal((ScaleIn.UnhealthyFirst, "old", "SampleCheck", true), (preset.ScaleIn, preset.PreviousNames[0], preset.Healthcheck!.Name, (bool)preset.MetaTags["7"]!));
        Assert.Equal(["a", "5"], preset.Network.SecurityGroups);
        Assert.Equal(["n1", "n2"], preset.Network.Subnets);
        Assert.Equal(82, ((CloudOptions)preset.Iaas.Options).Port);
    }

    [Theory]
    [InlineData("count: '3'", "web.conf:1:8 count: expected an integer from 0 to 10000, this is '3'")]
    [InlineData("count: -1", "web.conf:1:8 count: expected an integer from 0 to 10000, this is '-1'")]
    [InlineData("count: 10001", "web.conf:1:8 count: expected an integer from 0 to 10000, this is '10001'")]
    [InlineData("count: ~", "web.conf:1:1 count: is missing: machines to keep")]
    public void A_wrong_count_is_refused(string line, string expected) => Assert.Equal(expected, Only(line + "\nname: web\nimage: a\nflavor: b"));

    [Theory]
    [InlineData("manage_expire: 3", "web.conf:5:16 manage_expire: warning: less than 15 s leaves no time to act: 15 s is used")]
    [InlineData("max_dead: 40", "web.conf:5:11 max_dead: expected a share like '40 %' or 0.4, this is '40'")]
    [InlineData("manage_intervall: 3", "web.conf:5:1 manage_intervall: warning: is taken for a template variable: did you mean 'manage_interval'?")]
    [InlineData("on: 3", "web.conf:5:1 True: warning: 'on' is a boolean in YAML, not a name, and templates don't see it: quote it")]
    [InlineData("panel_links: {x: 'javascript:alert(1)'}", "web.conf:5:18 panel_links.x: expected an http, https or ssh address, this is 'javascript:alert(1)'")]
    [InlineData("healthcheck: {driver: SampleCheck, terminate_heatlh_failed_delay: 60}", "web.conf:5:36 healthcheck.terminate_heatlh_failed_delay: warning: is misspelt: write 'terminate_health_failed_delay'")]
    [InlineData("healthcheck: {driver: SampleCheck, terminate_health_failed_delay: 60}", "web.conf:5:36 healthcheck.terminate_health_failed_delay: note: VmShepherd 1 never obeyed this spelling: from now on machines that stay ill are ended and replaced")]
    [InlineData("iaas: 3", "web.conf:5:7 iaas: expected a mapping, this is '3'")]
    [InlineData("iaas: {driver: Nova}", "web.conf:5:16 iaas.driver: unknown driver 'Nova': there are OtherCloud, SampleCloud")]
    [InlineData("network: {subnets: [{id: 1}]}", "web.conf:5:21 network.subnets: expected a list of networks, each 'net-id: ID' or just the ID, this is a mapping")]
    public void A_mistake_says_where_and_what_to_do(string line, string expected) => Assert.Equal(expected, Only(Web + line));

    [Theory]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("a: [")]
    public void What_is_no_preset_is_an_error(string text) => Assert.NotEmpty(Read(text).Diagnostics);

    [Fact]
    public void A_delay_of_minus_one_never_ends_anything_and_warns_nobody()
    {
        PresetReading reading = Read(Web + "healthcheck: {driver: SampleCheck, terminate_health_failed_delay: -1}");
        Assert.Empty(reading.Diagnostics);
        Assert.Null(reading.Preset!.Health.TerminateAfter);
    }

    [Fact]
    public void Template_variables_tags_and_null_userdata_are_no_mistakes()
    {
        PresetReading reading = Read(Web + "role: http\nmeta_tags: ~\nuserdata: null\nnetwork: ~\n");
        Assert.Empty(reading.Diagnostics);
        Assert.Equal("http", reading.Preset!.Document["role"]);
        Assert.Null(reading.Preset.Userdata.Text);
    }

    [Fact]
    public void The_prefix_is_part_of_the_name_also_for_templates()
    {
        Preset preset = Read(Web, prefix: "repo.").Preset!;
        Assert.Equal(("repo.web", (object?)"repo.web"), (preset.Name, preset.Document["name"]));
    }

    [Fact]
    public void Templates_see_the_merged_document_without_secrets()
    {
        Preset preset = Good(Web + "iaas: {pin: 3, port: 82, extra: 1}\n", Cloud.Replace("port: 81", "port: 81, pasword: oops", StringComparison.Ordinal));
        var iaas = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(preset.Document["iaas"]);
        Assert.Equal(["port", "extra", "driver", "auth_url", "username"], iaas.Keys);
        Assert.Equal(["name", "count", "image", "flavor"], preset.Document.Keys.Take(4));
    }

    [Theory]
    [InlineData("iaas: {auth_url: http://evil}", "auth_url")]
    [InlineData("iaas: {url: http://evil}", "auth_url")]
    [InlineData("iaas: {driver: OtherCloud}", "driver")]
    public void A_preset_cannot_send_inherited_secrets_elsewhere(string line, string overridden)
    {
        PresetReading reading = Read(Web + line, environment: v => v == "SAMPLE_PASSWORD" ? "hunter3" : null);
        Assert.Null(reading.Preset);
        Assert.Contains(reading.Diagnostics, d => d.Path == "iaas.password" && d.Text.Contains($"overrides '{overridden}'", StringComparison.Ordinal));
        Assert.DoesNotContain(reading.Diagnostics, d => d.Text.Contains("hunter", StringComparison.Ordinal));
    }

    [Fact]
    public void It_may_where_the_operator_says_so_or_with_its_own_secret()
    {
        string allowed = Cloud.Replace("defaults", "log_level: info\ndefaults", StringComparison.Ordinal);
        Settings settings = Sample.Read("runtime: {driver: SampleStore}\npresets: {driver: SamplePlace, may_override: [auth_url]}\n" + allowed).Settings!;
        var source = new PresetSource("web.conf", "r", new PresetContent.Yaml(Encoding.UTF8.GetBytes(Web + "iaas: {auth_url: http://b}")));
        Assert.Equal("hunter2", ((CloudOptions)new PresetReader(Sample.Registry, Sample.NoEnvironment).Read(source, settings).Preset!.Iaas.Options).Password);
        Assert.Equal("own", ((CloudOptions)Good(Web + "iaas: {auth_url: http://b, password: own}").Iaas.Options).Password);
        Assert.Equal("hunter2", ((CloudOptions)Good(Web + "iaas: {url: http://cloud, driver: SampleCloud}").Iaas.Options).Password);
    }

    [Fact]
    public void Equal_sections_share_a_driver_instance_and_the_spec_hash_knows_what_a_machine_is_made_of()
    {
        Preset one = Good(Web), two = Good(Web.Replace("web", "db", StringComparison.Ordinal).Replace("3", "4", StringComparison.Ordinal));
        Assert.Equal(one.Iaas, two.Iaas);
        Assert.Equal(one.SpecHash, two.SpecHash);
        Assert.All(["userdata: x", "key_name: k", "meta_tags: {a: b}", "network: {subnets: [a]}", "flavour: big\nflavor: big"], line => Assert.NotEqual(one.SpecHash, Good(Web.Replace("flavor: small\n", line.StartsWith("flav", StringComparison.Ordinal) ? "" : "flavor: small\n", StringComparison.Ordinal) + line).SpecHash));
    }

    [Fact]
    public void A_structured_document_is_read_like_a_file()
    {
        var value = new Dictionary<string, object?> { ["name"] = "web", ["count"] = 3L, ["image"] = "a", ["flavor"] = "b", ["network"] = new Dictionary<string, object?> { ["subnets"] = new object?[] { "n" } } };
        PresetReading reading = new PresetReader(Sample.Registry, Sample.NoEnvironment).Read(new PresetSource("row 1", "r", new PresetContent.Document(value)), Sample.Good(Cloud));
        Assert.Equal("n", Assert.Single(reading.Preset!.Network.Subnets));
        value["count"] = "three";
        Assert.Equal("row 1:0:0 count: expected an integer from 0 to 10000, this is 'three'",
            Assert.Single(new PresetReader(Sample.Registry, Sample.NoEnvironment).Read(new PresetSource("row 1", "r", new PresetContent.Document(value)), Sample.Good(Cloud)).Diagnostics).ToString());
    }

    [Fact]
    public void Nothing_but_diagnostics_comes_out_of_any_values()
    {
        string[] keys = ["name", "count", "image", "flavor", "userdata", "meta_tags", "network", "iaas", "healthcheck", "panel_links", "manage_interval", "manage_expire", "max_dead",
            "scale_in", "previous_names", "key_name", "unmanaged", "7", "~", "<<", "[a]", "driver", "auth_url", "password", "port", "owners", "mirrors", "subnets", "visibility_grace", "terminate_health_failed_delay"];
        string[] values = ["web", "3", "-1", "1e400", "1.0e+400", ".nan", "~", "yes", "[]", "{}", "[1, {a: b}]", "{driver: SampleCloud}", "{driver: [x]}", "{driver: 3, port: ~}", "{subnets: {a: b}, subnet: 3}", "'40 %'", "'% %'",
            "123456789012345678901234567890", "2026-01-31", "!!binary aGk=", "{1: 2, ~: 3, '': 4}", "{driver: SampleCheck, terminate_health_failed_delay: 1.0e+300}", "\"\\uD800\"", "{<<: {a: b}}", "{a: {b: {c: d}}}", "''", "0o7"];
        Gen.Select(Gen.Int[0, keys.Length - 1], Gen.Int[0, values.Length - 1]).Array[0, 12].Sample(picks =>
        {
            string text = string.Concat(picks.Select(p => $"{keys[p.Item1]}: {values[p.Item2]}\n"));
            PresetReading preset = Read(text);
            SettingsReading settings = Sample.Read($"{Sample.Settings}{text}defaults:\n{string.Concat(picks.Select(p => $"  {keys[p.Item1]}: {values[p.Item2]}\n"))}");
            return (preset.Preset is null) == preset.Diagnostics.Any(d => d.Severity == Severity.Error) && (settings.Settings is null) == settings.Diagnostics.Any(d => d.Severity == Severity.Error);
        }, iter: 5000);
    }

    [Fact]
    public void What_userdata_holds_is_never_quoted() => Assert.DoesNotContain("aHVudGVyMg", Only(Web + "userdata: !!binary aHVudGVyMg=="), StringComparison.Ordinal);
}
