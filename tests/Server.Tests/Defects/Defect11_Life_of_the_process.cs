using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Defects;

/// <summary>There, SIGTERM killed in the middle, a taken port was only logged, <c>-1</c> ended with 0 after errors, and <c>worker_interval: 0</c> spun.</summary>
public sealed partial class Defect11_Life_of_the_process
{
    [Fact]
    public async Task SIGTERM_stops_between_two_steps_and_saves()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 2);

        await server.Process.SignalAsync("TERM");

        Assert.Equal(0, await server.Process.ExitsAsync());
        Assert.Contains("state saved, leases given back", server.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_ends_the_start()
    {
        using var installation = new Installation();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", $"{((IPEndPoint)taken.LocalEndpoint).Port}");

        Assert.Equal(1, await process.ExitsAsync());
    }

    [Fact]
    public async Task One_cycle_with_an_error_ends_with_1()
    {
        using var installation = new Installation();
        installation.WritePreset("good", 1);
        installation.Write("presets/bad.conf", "name: bad\ncount: many\n");
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-1");

        Assert.Equal(1, await process.ExitsAsync());
    }

    [Fact]
    public async Task A_worker_interval_of_0_does_not_spin()
    {
        using var installation = new Installation();
        string settings = await File.ReadAllTextAsync(installation.SettingsFile, TestContext.Current.CancellationToken);
        installation.Write("settings.yaml", settings.Replace("worker_interval: 0.1", "worker_interval: 0", StringComparison.Ordinal));
        installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 1);

        // Ten looks a second are what 0 stands for; a loop that spins makes thousands. Counted over real time, so the bound is wide.
        long before = await LooksAsync(server);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.InRange(await LooksAsync(server) - before, 0, 200);
    }

    static async Task<long> LooksAsync(RunningServer server)
    {
        string metrics = await server.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        return long.Parse(Cycles().Match(metrics).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"vmshepherd_cycle_duration_seconds_count\S* (\d+)")]
    private static partial Regex Cycles();
}
