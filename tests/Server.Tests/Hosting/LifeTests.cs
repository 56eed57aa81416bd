using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Drivers.Tests;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Hosting;

/// <summary>Start, reload, stop: with signals, as an init system does it.</summary>
public sealed class LifeTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_taken_port_ends_the_start_with_one_line()
    {
        using var installation = new Installation();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", $"{port}");

        Assert.Equal(1, await process.ExitsAsync());
        Assert.Single(process.Errors.Trim().Split('\n'));
        Assert.Contains($"cannot listen on 127.0.0.1:{port}", process.Errors, StringComparison.Ordinal);
        Assert.Empty(process.Output);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task One_signal_stops_in_order(string signal)
    {
        using var installation = new Installation();
        installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 2);

        await server.Process.SignalAsync(signal);

        Assert.Equal(0, await server.Process.ExitsAsync());
        Assert.Contains("state saved, leases given back", server.Process.Errors, StringComparison.Ordinal);
    }

    /// <summary>A create is in hand, and never answered.</summary>
    [Fact]
    public async Task While_it_stops_it_is_not_ready_and_the_second_signal_ends_it_at_once()
    {
        using var installation = new Installation();
        int port = Ports.Free();
        using var cloud = new HttpListener();
        cloud.Prefixes.Add($"http://127.0.0.1:{port}/");
        cloud.Start();
        Task creating = AnswerUntilCreateAsync(cloud);
        installation.WriteSettings(iaas: $"connect: 'http://127.0.0.1:{port}'");
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await creating;

        await server.Process.SignalAsync("TERM");
        await server.Process.SaysAsync("stopping after the step in hand");
        using (HttpResponseMessage ready = await server.Http.GetAsync(new Uri("/readyz?verbose", UriKind.Relative), Ct))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("asked to stop", await ready.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        }

        await server.Process.SignalAsync("TERM");
        Assert.Equal(1, await server.Process.ExitsAsync());
        Assert.DoesNotContain("not stopped within", server.Process.Errors, StringComparison.Ordinal);
    }

    /// <summary>A cloud without machines, until it is asked to make one.</summary>
    static async Task AnswerUntilCreateAsync(HttpListener cloud)
    {
        while (true)
        {
            HttpListenerContext call = await cloud.GetContextAsync();
            string? answer = call.Request.Url!.AbsolutePath switch { "/scope" => """{"scope":"mute"}""", "/vms/list" => "[]", _ => null };
            if (answer is null) return;
            call.Response.AddHeader("VmShepherd-Visibility-Grace", "0");
            call.Response.ContentType = "application/json";
            await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer), Ct);
            call.Response.Close();
        }
    }

    [Fact]
    public async Task Ready_means_that_presets_are_loaded_and_the_store_answers()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 0);
        await using RunningServer server = await RunningServer.StartAsync(installation);

        Assert.Equal("ok\n", await server.Http.GetStringAsync(new Uri("/readyz", UriKind.Relative), Ct));
        Assert.Equal("ok\ntemplates: ok (none needed so far)\n", await server.Http.GetStringAsync(new Uri("/readyz?verbose", UriKind.Relative), Ct));
        Assert.Equal("ok\n", await server.Http.GetStringAsync(new Uri("/livez", UriKind.Relative), Ct));
    }

    [Fact]
    public async Task A_hangup_brings_new_settings_into_force()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);

        installation.WriteSettings("http: {api: {allowed_methods: [list_presets]}}");
        await server.Process.SignalAsync("HUP");
        await server.Process.SaysAsync("settings reloaded");

        Assert.True((await server.CallAsync("list_presets")).TryGetProperty("result", out _));
        Assert.Equal(-32601, (await server.CallAsync("list_vms", "web")).GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Bad_settings_keep_the_old_ones_and_every_mistake_is_said()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 1);

        installation.Write("settings.yaml", "worker_interval: soon\nruntime: {driver: Nope}\npresets: {driver: DirectoryDriver, path: presets}\n");
        await server.Process.SignalAsync("HUP");
        await server.Process.SaysAsync("not reloaded", times: 2);
        using HttpResponseMessage response = await server.Http.PostAsync(new Uri("/-/reload", UriKind.Relative), null, Ct);

        Assert.Contains("settings.yaml:1:", server.Process.Errors, StringComparison.Ordinal);
        Assert.Contains("settings.yaml:2:", server.Process.Errors, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("settings.yaml:2:", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        await server.MachinesAsync("web", 1);
    }

    [Fact]
    public async Task What_needs_a_restart_is_refused_and_said()
    {
        using var installation = new Installation();
        await using RunningServer server = await RunningServer.StartAsync(installation);

        installation.WriteSettings("installation: other");
        using HttpResponseMessage response = await server.Http.PostAsync(new Uri("/-/reload", UriKind.Relative), null, Ct);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("restart", await response.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_may_be_JSON_lines()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation, ("VMSHEPHERD_LOG_FORMAT", "json"));
        await server.MachinesAsync("web", 1);
        await server.Process.SignalAsync("TERM");
        await server.Process.ExitsAsync();

        string[] lines = server.Process.Errors.Trim().Split('\n');
        Assert.True(lines.Length > 2);
        Assert.All(lines, line => Assert.Equal(JsonValueKind.Object, JsonSerializer.Deserialize<JsonElement>(line).ValueKind));
        Assert.Empty(server.Process.Output);
    }
}
