using System.Text;
using Core.Tests.Drivers;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration;

/// <summary>The operator's credentials go where the operator sends them, whatever the owner of a preset writes, and templates never see one.</summary>
public sealed class CredentialTests
{
    const string Cloud = "driver: SampleCloud, auth_url: http://cloud, password: hunter2, pin: 12";
    const string Web = "name: web\ncount: 3\nimage: ubuntu\nflavor: small\n";

    static PresetReading Read(string more, string iaas = Cloud, string healthcheck = "", string mayOverride = "", Func<string, string?>? environment = null)
    {
        string text = $"runtime: {{driver: SampleStore}}\npresets: {{driver: SamplePlace, may_override: [{mayOverride}]}}\ndefaults:\n  iaas: {{{iaas}}}\n  healthcheck: {{{healthcheck}}}\n";
        Settings settings = Sample.Read(text, environment).Settings ?? throw new InvalidOperationException(string.Join("; ", Sample.Read(text, environment).Diagnostics));
        return new PresetReader(Sample.Registry, environment ?? Sample.NoEnvironment).Read(new PresetSource("web.conf", "r", new PresetContent.Yaml(Encoding.UTF8.GetBytes(Web + more))), settings);
    }

    static string? InEnvironment(string variable) => variable.StartsWith("SAMPLE_", StringComparison.Ordinal) && variable != "SAMPLE_AUTH_URL" ? "hunter3" : null;

    static CloudOptions Options(PresetReading reading) => (CloudOptions)(reading.Preset ?? throw new InvalidOperationException(string.Join("; ", reading.Diagnostics))).Iaas.Options;

    [Theory]
    [InlineData("iaas: {auth_url: http://evil}", "auth_url")]
    [InlineData("iaas: {url: http://evil}", "auth_url")]
    [InlineData("iaas: {url: http://evil, auth_url: ~}", "auth_url")]
    [InlineData("iaas: {url: http://cloud, auth_url: http://evil}", "auth_url")]
    [InlineData("iaas: {auth_url: ~}", "auth_url")]
    [InlineData("iaas: {driver: OtherCloud}", "driver")]
    [InlineData("iaas: {driver: OtherCloud, auth_url: http://evil}", "driver', 'auth_url")]
    [InlineData("x: &x {auth_url: http://evil}\niaas: {<<: *x}", "auth_url")]
    [InlineData("x: &x {driver: OtherCloud}\ny: &y {port: 1}\niaas: {<<: [*y, *x]}", "driver")]
    [InlineData("iaas: {regions: {a: {url: http://evil}}}", "regions.url")]
    [InlineData("iaas: {regions: {a: http://evil}}", "regions.url")]
    public void Who_leads_them_elsewhere_does_not_inherit_them(string line, string overridden)
    {
        PresetReading reading = Read(line, environment: v => v == "SAMPLE_AUTH_URL" ? "http://also" : InEnvironment(v));
        Assert.Null(reading.Preset);
        Assert.Contains(reading.Diagnostics, d => d.Path == "iaas.password" && d.Text.Contains($"overrides '{overridden}'", StringComparison.Ordinal));
        Assert.DoesNotContain(reading.Diagnostics, d => d.ToString().Contains("hunter", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("iaas: {auth_url: http://evil, password: own}")]
    [InlineData("iaas: {url: http://evil, password: own, regions: {a: {url: http://evil}}}")]
    [InlineData("iaas: {driver: OtherCloud, password: own}")]
    [InlineData("iaas: {password: own, regions: {a: {url: http://evil}}}")]
    [InlineData("iaas: {password: own, regions: {b: http://evil}}")]
    public void With_a_password_of_its_own_it_gets_none_of_the_others(string line)
    {
        CloudOptions options = Options(Read(line, Cloud + ", regions: {a: {url: http://a, key: hunter2}}", environment: InEnvironment));
        Assert.Equal(("own", null), (options.Password, options.Pin));
        Assert.All(options.Regions.Values, region => Assert.Null(region.Key));
    }

    [Theory]
    [InlineData("iaas: {driver: SampleCloud}")]
    [InlineData("iaas: {auth_url: http://cloud}")]
    [InlineData("iaas: {url: http://cloud, auth_url: http://cloud}")]
    [InlineData("iaas: {port: 82, regions: {a: {size: 3}}}")]
    [InlineData("iaas: {regions: {a: {url: http://a}}}")]
    [InlineData("iaas: {Auth_URL: http://evil}")] // no such option: nothing is sent there
    public void Who_leads_them_nowhere_else_inherits_them(string line)
    {
        CloudOptions options = Options(Read(line, Cloud + ", regions: {a: {url: http://a, key: k}}"));
        Assert.Equal(("hunter2", 12, "http://cloud", "k"), (options.Password, options.Pin, options.AuthUrl, options.Regions["a"].Key));
    }

    [Theory]
    [InlineData("iaas: {url: http://b}", "auth_url")]
    [InlineData("iaas: {driver: OtherCloud}", "driver")]
    [InlineData("iaas: {regions: {a: http://b}}", "regions.url")]
    public void What_the_operator_lets_a_preset_override_is_no_reason(string line, string allowed)
    {
        Assert.Equal("hunter2", Options(Read(line, mayOverride: allowed)).Password);
        Assert.Null(Read(line, mayOverride: "port, password").Preset);
    }

    [Fact]
    public void Another_drivers_name_in_capitals_is_no_driver() =>
        Assert.Contains("web.conf:5:16 iaas.driver: unknown driver 'samplecloud'", Assert.Single(Read("iaas: {driver: samplecloud}").Diagnostics).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Groups_of_the_defaults_may_be_completed_by_the_preset() =>
        Assert.Equal("k http://a", Read("iaas: {regions: {a: {url: http://a, key: k}}}", Cloud + ", regions: {a: {size: 3}}", mayOverride: "regions.url") is { Preset.Iaas.Options: CloudOptions { Regions: var regions } } ? $"{regions["a"].Key} {regions["a"].Url}" : "");

    [Fact]
    public void Keys_that_are_numbers_are_overridden_too() =>
        Assert.Equal("http://b", Assert.Single(Options(Read("iaas: {regions: {7: {url: http://b}}}", Cloud + ", regions: {7: {url: http://a}}", mayOverride: "regions.url")).Regions).Value.Url);

    [Theory]
    [InlineData("healthcheck: {report_to: http://evil}", null)]
    [InlineData("healthcheck: {report_to: ~}", null)]
    [InlineData("healthcheck: {report_to: http://evil, token: own}", "own")]
    [InlineData("healthcheck: {report_to: http://a}", "hunter2")]
    public void Health_checks_keep_to_it_too(string line, string? token) =>
        Assert.Equal(token, ((CheckOptions)Read(line, healthcheck: "driver: SampleCheck, report_to: http://a, token: hunter2", environment: InEnvironment).Preset!.Healthcheck!.Options).Token);

    [Theory]
    [InlineData("healthcheck: {report_to: http://evil}", null)]
    [InlineData("", "hunter3")]
    public void What_the_environment_holds_is_kept_as_well(string line, string? token) =>
        Assert.Equal(token, ((CheckOptions)Read(line, healthcheck: "driver: SampleCheck, report_to: http://a", environment: InEnvironment).Preset!.Healthcheck!.Options).Token);

    [Fact]
    public void A_preset_may_do_without_the_check_of_the_defaults()
    {
        PresetReading reading = Read("healthcheck: {driver: ~}", healthcheck: "driver: SampleCheck, token: hunter2, terminate_health_failed_delay: 60");
        Assert.Null(reading.Preset!.Healthcheck);
        Assert.Equal("web.conf:5:14 healthcheck.driver: warning: is missing: nothing is checked, a machine that runs counts as healthy", Assert.Single(reading.Diagnostics).ToString());
        Assert.Equal(["driver", "terminate_health_failed_delay"], Seen(reading, "healthcheck").Keys);
    }

    [Fact]
    public void An_iaas_without_a_driver_is_a_mistake() => Assert.StartsWith("web.conf:5:7 iaas.driver: is missing: there are ", Assert.Single(Read("iaas: {driver: ~}").Diagnostics).ToString(), StringComparison.Ordinal);

    static IReadOnlyDictionary<string, object?> Seen(PresetReading reading, string section) => Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(reading.Preset!.Document[section]);

    [Fact]
    public void Templates_see_no_secret_wherever_it_stands()
    {
        PresetReading reading = Read("iaas: {pin: 1, pasword: own, PASSWORD: own, size: 3, regions: {a: {key: own, kye: own, size: 2}, b: {url: http://b, key: own}}}\nhealthcheck: {driver: ~, token: own}",
            Cloud + ", regions: {a: {url: http://a, key: hunter2, misspelt: hunter2}}", "driver: SampleCheck, token: hunter2", "regions.url");
        var iaas = Seen(reading, "iaas");
        Assert.Equal(["size", "regions", "driver", "auth_url"], iaas.Keys);
        var regions = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(iaas["regions"]);
        Assert.Equal([("a", "size url"), ("b", "url")], regions.Select(region => (region.Key, string.Join(' ', ((IReadOnlyDictionary<string, object?>)region.Value!).Keys))));
        Assert.Equal(["driver"], Seen(reading, "healthcheck").Keys);
    }
}
