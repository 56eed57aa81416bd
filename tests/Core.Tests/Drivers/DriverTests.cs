using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;
using Xunit;

namespace Core.Tests.Drivers;

public sealed class DriverTests
{
    const string Login = "driver: SampleCloud\nauth_url: http://cloud\npassword: hunter2\n";

    static (DriverReference? Reference, IReadOnlyList<Diagnostic> Problems) Bind(string text, Func<string, string?>? environment = null)
    {
        var problems = new DiagnosticList();
        var binder = new OptionBinder(Sample.Registry, environment ?? Sample.NoEnvironment, problems);
        var section = (YamlMapping)YamlReader.Read(System.Text.Encoding.UTF8.GetBytes(text), "f").Root!;
        DriverReference? reference = binder.FindDriver(DriverGroup.Iaas, section, "iaas") is { } driver ? binder.Bind(driver, new DriverSection(section, "iaas", [])) : null;
        return (reference, problems.Items);
    }

    static CloudOptions Options(string text) => (CloudOptions)Bind(text).Reference!.Options;

    [Fact]
    public void Drivers_are_found_by_group_and_name()
    {
        Assert.Equal("Core.Tests", Sample.Registry.Find(DriverGroup.Iaas, "SampleCloud")!.Source);
        Assert.Null(Sample.Registry.Find(DriverGroup.Runtime, "SampleCloud"));
        Assert.Equal(["SampleCheck", "OtherCloud", "SampleCloud", "SamplePlace", "SampleStore"], Sample.Registry.Drivers.Select(d => d.Name));
    }

    [Fact]
    public void An_assembly_registered_twice_is_refused() =>
        Assert.Contains("is declared by", Assert.Throws<InvalidDriverException>(() => new DriverRegistry(typeof(Sample).Assembly, typeof(Sample).Assembly)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_unknown_driver_is_answered_with_those_there_are() =>
        Assert.Equal("f:1:9 iaas.driver: unknown driver 'SampelCloud', did you mean 'SampleCloud'? there are OtherCloud, SampleCloud", Assert.Single(Bind("driver: SampelCloud").Problems).ToString());

    [Fact]
    public void Options_are_bound_by_their_types()
    {
        CloudOptions options = Options(Login + "http_timeout: 2.5\nport: '8080'\nverify: no\nowners: [a, 7]\nmirrors: {x: y}\npin: 0744\nusername: 0744\n");
        Assert.Equal((TimeSpan.FromSeconds(2.5), 8080, false, 484, "0744"), (options.HttpTimeout, options.Port, options.Verify, options.Pin, options.Username));
        Assert.Equal(["a", "7"], options.Owners);
        Assert.Equal("y", options.Mirrors["x"]);
    }

    [Fact]
    public void A_map_of_groups_is_bound_each_with_its_options_or_by_a_text_alone()
    {
        CloudOptions options = Options(Login + "regions: {a: http://a, 7: {url: http://b, key: k, size: 3}}\n");
        Assert.Equal(["a http://a  1", "7 http://b k 3"], options.Regions.Select(r => $"{r.Key} {r.Value.Url} {r.Value.Key} {r.Value.Size}"));
        string key = Bind(Login + "regions: {a: http://a}").Reference!.Key;
        Assert.Equal(key, Bind(Login + "regions: {a: {url: http://a}}").Reference!.Key);
        Assert.NotEqual(key, Bind(Login + "regions: {b: http://a}").Reference!.Key);
        Assert.NotEqual(key, Bind(Login + "regions: {a: {url: http://a, size: 2}}").Reference!.Key);
    }

    [Theory]
    [InlineData("regions: {a: {ulr: x, url: y}}", "f:4:15 iaas.regions.a.ulr: warning: SampleCloud has no such option, did you mean 'url'?")]
    [InlineData("regions: {a: {size: 3}}", "f:4:14 iaas.regions.a.url: is missing: SampleCloud needs it")]
    [InlineData("regions: {a: ~}", "f:4:14 iaas.regions.a.url: is missing: SampleCloud needs it")]
    [InlineData("regions: {a: {url: x, size: 10}}", "f:4:29 iaas.regions.a.size: expected an integer from 1 to 9, this is '10'")]
    [InlineData("regions: {a: {url: x, key: [s3cret]}}", "f:4:28 iaas.regions.a.key: expected a string, this is a list")]
    [InlineData("regions: 'https://me:s3cret@a'", "f:4:10 iaas.regions: expected a mapping of names to groups of options, this is a string")]
    public void A_mistake_in_a_group_is_said_in_its_place(string line, string expected) => Assert.Equal(expected, Assert.Single(Bind(Login + line).Problems).ToString());

    [Fact]
    public void Groups_are_shown_without_secrets_and_passwords()
    {
        const string Text = "regions: {a: 'https://me:pw@a/x', b: {url: 'https://me:pw@b/x', key: hunter2}}";
        var shown = (IReadOnlyDictionary<string, object?>)OptionDisplay.Of(Sample.Registry, Bind(Login + Text).Reference!)["regions"]!;
        Assert.Equal("https://***@a/x", ((IReadOnlyDictionary<string, object?>)shown["a"]!)["url"]);
        Assert.Equal("***", ((IReadOnlyDictionary<string, object?>)shown["b"]!)["key"]);

        var section = new Dictionary<string, object?> { ["driver"] = "SampleCloud", ["regions"] = new Dictionary<string, object?> { ["a"] = "https://me:pw@a/x", ["b"] = new Dictionary<string, object?> { ["kye"] = "hunter2", ["size"] = 2L } } };
        var written = (IReadOnlyDictionary<string, object?>)OptionDisplay.Of(Sample.Registry, DriverGroup.Iaas, section)["regions"]!;
        Assert.Equal("https://***@a/x", written["a"]);
        Assert.Equal(["***", 2L], ((IReadOnlyDictionary<string, object?>)written["b"]!).Values);
    }

    [Fact]
    public void An_alias_and_null_and_defaults_are_understood()
    {
        CloudOptions options = Options("driver: SampleCloud\nurl: http://cloud\npassword: x\nport: ~\n");
        Assert.Equal(("http://cloud", 80), (options.AuthUrl, options.Port));
    }

    [Theory]
    [InlineData("port: 0", "f:4:7 iaas.port: expected an integer from 1 to 65535, this is '0'")]
    [InlineData("port: [1]", "f:4:7 iaas.port: expected an integer from 1 to 65535, this is a list")]
    [InlineData("http_timeout: soon", "f:4:15 iaas.http_timeout: expected seconds from 1 to 600, this is 'soon'")]
    [InlineData("owners: {a: b}", "f:4:9 iaas.owners: expected a list of strings, this is a mapping")]
    [InlineData("pin: s3cret", "f:4:6 iaas.pin: expected an integer, this is a string")]
    [InlineData("old: x", "f:4:6 iaas.old: warning: has no effect here: remove it")]
    [InlineData("htp_timeout: 3", "f:4:1 iaas.htp_timeout: warning: SampleCloud has no such option, did you mean 'http_timeout'?")]
    [InlineData("api_key: 3", "f:4:1 iaas.api_key: warning: SampleCloud has no such option")]
    public void A_wrong_option_is_said_in_its_place_without_secrets(string line, string expected) => Assert.Equal(expected, Assert.Single(Bind(Login + line).Problems).ToString());

    [Fact]
    public void The_environment_fills_what_is_missing()
    {
        (DriverReference? reference, _) = Bind("driver: SampleCloud\nauth_url: http://a", v => v == "SAMPLE_PASSWORD" ? "0123" : null);
        Assert.Equal("0123", ((CloudOptions)reference!.Options).Password);
        Assert.Equal("f:1:1 iaas.password: is missing: SampleCloud needs it (or set SAMPLE_PASSWORD)", Assert.Single(Bind("driver: SampleCloud\nauth_url: http://a").Problems).ToString());
    }

    [Fact]
    public void Equal_options_have_equal_keys_whatever_their_order_and_spelling()
    {
        string key = Bind(Login).Reference!.Key;
        Assert.Equal(64, key.Length);
        Assert.Equal(key, Bind("password: 'hunter2'\nport: 0x50\nurl: http://cloud\ndriver: SampleCloud\nunknown: 1\nold: 3").Reference!.Key);
        Assert.NotEqual(key, Bind(Login + "port: 81").Reference!.Key);
        Assert.NotEqual(key, Bind(Login.Replace("SampleCloud", "OtherCloud", StringComparison.Ordinal)).Reference!.Key);
    }

    [Fact]
    public void Only_what_is_declared_non_secret_is_shown()
    {
        var section = new Dictionary<string, object?> { ["driver"] = "SampleCloud", ["auth_url"] = "https://me:pw@cloud/v3", ["password"] = "hunter2", ["pasword"] = "hunter3", ["port"] = 80L };
        IReadOnlyDictionary<string, object?> shown = OptionDisplay.Of(Sample.Registry, DriverGroup.Iaas, section);
        Assert.Equal(["SampleCloud", "https://***@cloud/v3", "***", "***", 80L], shown.Values);
        Assert.Equal("***", OptionDisplay.Of(Sample.Registry, Bind(Login).Reference!)["password"]);
        Assert.All(OptionDisplay.Of(Sample.Registry, DriverGroup.Iaas, new Dictionary<string, object?> { ["key"] = 1L }).Values, v => Assert.Equal("***", v));
    }

    [Fact]
    public async Task Equal_keys_share_an_instance_until_nobody_uses_it()
    {
        var context = new DriverContext(new FakeTimeProvider(), new Random(1), "/");
        await using var pool = new DriverPool(Sample.Registry, context);
        DriverReference first = Bind(Login).Reference!, same = Bind(Login).Reference!, other = Bind(Login + "port: 81").Reference!;
        var instance = Assert.IsType<SampleCloud>(pool.Get<IIaasDriver>(first));
        Assert.Same(instance, pool.Get<IIaasDriver>(same));
        var second = (SampleCloud)pool.Get<IIaasDriver>(other);
        Assert.NotSame(instance, second);

        await pool.ReleaseUnusedAsync([other]);
        Assert.True(instance.IsDisposed);
        Assert.False(second.IsDisposed);
        Assert.NotSame(instance, pool.Get<IIaasDriver>(first));
    }
}
