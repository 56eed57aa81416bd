using System.Globalization;
using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Status;

/// <summary>Dashboards rely on these names.</summary>
public sealed partial class MetricsTests(SharedServer shared) : IClassFixture<SharedServer>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("vmshepherd_presets{status=\"at_rest\"}")]
    [InlineData("vmshepherd_presets{status=\"failed\"}")]
    [InlineData("vmshepherd_machines{state=\"running\"}")]
    [InlineData("vmshepherd_machines{state=\"unhealthy\"}")]
    [InlineData("vmshepherd_machines_desired{}")]
    [InlineData("vmshepherd_actions_total{kind=\"create\",reason=\"missing\",result=\"ok\"}")]
    [InlineData("vmshepherd_iaas_calls_total{call=\"list\",driver=\"DummyIaasDriver\",result=\"ok\"}")]
    [InlineData("vmshepherd_cycle_duration_seconds_count{}")]
    [InlineData("vmshepherd_check_duration_seconds_count{}")]
    [InlineData("vmshepherd_check_duration_seconds_bucket{le=\"0.001\"}")]
    [InlineData("vmshepherd_check_duration_seconds_bucket{le=\"30\"}")]
    public async Task Each_series_has_its_public_name(string series)
    {
        string text = await shared.Server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);

        Assert.Contains($"\n{series} ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gauges_count_what_the_reports_say()
    {
        string text = await shared.Server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);

        Assert.Equal(5, Value(text, "vmshepherd_machines{state=\"running\"}"));
        Assert.Equal(5, Value(text, "vmshepherd_machines_desired{}"));
        Assert.Equal(0, Value(text, "vmshepherd_presets{status=\"failed\"}"));
    }

    [Fact]
    public async Task Series_by_preset_come_only_when_asked_for()
    {
        using var installation = new Installation("metrics: {per_preset: true}");
        installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 2);

        string asked = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);
        string notAsked = await shared.Server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);

        Assert.Equal(2, Value(asked, "vmshepherd_preset_machines{preset=\"web\",state=\"running\"}"));
        Assert.Equal(2, Value(asked, "vmshepherd_preset_machines_desired{preset=\"web\"}"));
        Assert.DoesNotContain("vmshepherd_preset_", notAsked, StringComparison.Ordinal);
    }

    static double Value(string text, string series) =>
        double.Parse(Number().Match(text, text.IndexOf($"\n{series} ", StringComparison.Ordinal) + series.Length + 2).Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\G[\d.]+")]
    private static partial Regex Number();
}
