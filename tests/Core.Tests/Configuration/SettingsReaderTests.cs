using Core.Tests.Drivers;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration;

public sealed class SettingsReaderTests
{
    static string Only(string more) => Assert.Single(Sample.Read(Sample.Settings + more).Diagnostics).ToString();

    [Fact]
    public void The_least_settings_have_the_documented_defaults()
    {
        Settings settings = Sample.Good();
        Assert.Equal((5, "info", "default", 8888, "127.0.0.1"), (settings.WorkerInterval.TotalSeconds, settings.LogLevel, settings.Installation, settings.Http.ListenPort, settings.Http.ListenAddress));
        Assert.Null(settings.Http.AllowedMethods);
        Assert.Null(settings.Http.Access);
        Assert.Equal("SampleStore", settings.Runtime.Name);
    }

    [Fact]
    public void Every_key_is_read()
    {
        Settings settings = Sample.Good("""
            worker_interval: 0.5
            log_level: WARNING
            installation: north
            canaries: [http://10.0.0.1/ok]
            self_suspicion: 20 %
            end_budget: 7
            metrics: {per_preset: true}
            http:
              listen_port: 9000
              listen_address: 0.0.0.0
              allowed_hosts: [shepherd]
              api: {allowed_methods: [list_presets]}
              access: {tokens: [{name: ci, file: ci.token, role: write}, {name: eye, file: eye.token, role: read}]}
            """);
        Assert.Equal((0.5, "warning", "north", 0.2, 7, true), (settings.WorkerInterval.TotalSeconds, settings.LogLevel, settings.Installation, settings.SelfSuspicion, settings.EndBudget, settings.PerPresetMetrics));
        Assert.Equal("http://10.0.0.1/ok", Assert.Single(settings.Canaries).AbsoluteUri);
        Assert.Equal((9000, "0.0.0.0", "shepherd", "list_presets"), (settings.Http.ListenPort, settings.Http.ListenAddress, settings.Http.AllowedHosts[0], settings.Http.AllowedMethods![0]));
        Assert.Equal([new AccessToken("ci", "ci.token", true), new AccessToken("eye", "eye.token", false)], settings.Http.Access!.Tokens);
    }

    [Fact]
    public void Access_none_is_open() => Assert.True(Sample.Good("http: {access: none}").Http.Access!.IsOpen);

    [Fact]
    public void Every_mistake_is_said_at_once_in_the_order_of_the_file()
    {
        SettingsReading reading = Sample.Read("worker_interval: fast\nlog_level: loud\nhttp:\n  listen_port: 99999\n  listn_address: ::1\nruntime: {driver: Nowhere}\ncanaries: [ftp://x]\nend_budget: -1\n");
        Assert.Null(reading.Settings);
        Assert.Equal(["presets", "worker_interval", "log_level", "http.listen_port", "http.listn_address", "runtime.driver", "canaries", "end_budget"], reading.Diagnostics.Select(d => d.Path));
        Assert.Equal("settings.yaml:5:3 http.listn_address: warning: unknown key, did you mean 'listen_address'?", reading.Diagnostics[4].ToString());
    }

    [Theory]
    [InlineData("worker_intervall: 3", "settings.yaml:3:1 worker_intervall: warning: unknown key, did you mean 'worker_interval'?")]
    [InlineData("worker_interval: 0", "settings.yaml:3:18 worker_interval: warning: less than 0.1 s would spin: 0.1 s is used")]
    [InlineData("http: {api: {allowed_methods: []}}", "settings.yaml:3:31 http.api.allowed_methods: warning: an empty list allows no method at all: remove the key to allow all")]
    [InlineData("defaults: {iaas: {driver: SampleCloud, port: x}}", "settings.yaml:3:46 defaults.iaas.port: expected an integer from 1 to 65535, this is 'x'")]
    [InlineData("http: {access: {tokens: [{name: a, file: b, role: admin}]}}", "settings.yaml:3:51 http.access.tokens[0].role: expected read or write, this is 'admin'")]
    public void A_mistake_says_where_and_what_to_do(string line, string expected) => Assert.Equal(expected, Only(line));

    [Fact]
    public void Zero_worker_interval_is_a_tenth_of_a_second() => Assert.Equal(0.1, Sample.Good("worker_interval: 0").WorkerInterval.TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("- a")]
    [InlineData("a: [")]
    public void What_is_no_mapping_is_one_error(string text) => Assert.Single(Sample.Read(text).Diagnostics);

    [Fact]
    public void The_revision_of_the_defaults_changes_with_them_only()
    {
        string one = Sample.Good("defaults: {iaas: {a: 1, b: 2}}").Defaults.Revision;
        Assert.Equal(one, Sample.Good("log_level: debug\ndefaults: {iaas: {b: 2, a: 1}}").Defaults.Revision);
        Assert.NotEqual(one, Sample.Good("defaults: {iaas: {a: 1, b: 3}}").Defaults.Revision);
    }
}
