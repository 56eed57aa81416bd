using System.Net;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Hosting;

/// <summary>What changes on disk counts soon, without a signal, however seldom the loop looks by itself.</summary>
public sealed class ReloadTests
{
    static readonly Uri Reload = new("/-/reload", UriKind.Relative);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static async Task<(HttpStatusCode Status, string Text)> ReloadAsync(RunningServer server)
    {
        using HttpResponseMessage response = await server.Http.PostAsync(Reload, null, Ct);
        return (response.StatusCode, (await response.Content.ReadAsStringAsync(Ct)).TrimEnd());
    }

    /// <summary>The loop sleeps for an hour: whatever happens, a change has woken it.</summary>
    static Installation Sleepy()
    {
        var installation = new Installation();
        installation.Write("settings.yaml", File.ReadAllText(installation.SettingsFile).Replace("worker_interval: 0.1", "worker_interval: 3600", StringComparison.Ordinal));
        return installation;
    }

    [Fact]
    public async Task A_new_and_a_changed_preset_file_count_without_a_signal()
    {
        using Installation installation = Sleepy();
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        installation.WritePreset("db", 2);
        await server.MetricAsync("vmshepherd_machines_desired{}", 3);
    }

    [Fact]
    public async Task A_changed_settings_file_counts_without_a_signal_and_a_bad_one_says_why()
    {
        using var installation = new Installation();
        await using RunningServer server = await RunningServer.StartAsync(installation);
        installation.WriteSettings("canaries: [ftp://here]");
        await server.Process.SaysAsync("not reloaded");
        installation.WriteSettings("end_budget: 3");
        await server.Process.SaysAsync("settings reloaded");
    }

    [Fact]
    public async Task A_reload_over_HTTP_answers_what_is_wrong_with_presets_and_metrics_tell_how_long()
    {
        using Installation installation = Sleepy();
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        Assert.Equal((HttpStatusCode.OK, "reloaded"), await ReloadAsync(server));

        installation.WritePreset("web", -1);
        (HttpStatusCode status, string text) = await ReloadAsync(server);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("web.conf:2:8 count: ", text, StringComparison.Ordinal);
        Assert.Contains("the last good version of preset 'web' stays in force", text, StringComparison.Ordinal);
        await server.MetricAsync("vmshepherd_source_problems{}", 1);
    }
}
