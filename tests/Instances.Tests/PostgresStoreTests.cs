using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Drivers.Tests;
using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace Instances.Tests;

/// <summary>What the process makes of a PostgreSQL that refuses it, is not there yet, or does not answer.</summary>
public sealed class PostgresStoreTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static string Runtime(int port, string schema, string password = PostgresServer.Password) =>
        $"{{driver: PostgresDriver, host: 127.0.0.1, port: {port}, database: shepherd, user: shepherd, password: {password}, schema: {schema}}}";

    static async Task UntilAsync(string what, VmShepherdProcess process, Func<Task<bool>> isSo)
    {
        for (long started = Stopwatch.GetTimestamp(); !await isSo(); await Task.Delay(50, Ct))
        {
            if (Stopwatch.GetElapsedTime(started) > Patience) Assert.Fail($"not in {Patience}: {what}\n{process.Errors}");
        }
    }

    static async Task<(HttpStatusCode Status, string Text)> ReadyAsync(HttpClient http)
    {
        using HttpResponseMessage ready = await http.GetAsync(new Uri("/readyz?verbose", UriKind.Relative), Ct);
        return (ready.StatusCode, await ready.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task A_wrong_password_ends_the_start_with_78_and_is_not_shown()
    {
        using var installation = new Installation();
        installation.UseRuntime(Runtime(postgres.Server.Port, "password", "wr0ng-P4ss"));
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", "0", "-l", "debug");

        Assert.Equal(78, await process.ExitsAsync());
        Assert.Equal($"vmshepherd: {installation.SettingsFile}: runtime: the server refuses us: password authentication failed for user \"shepherd\"; correct user, password or database\n", process.Errors);
    }

    [Fact]
    public async Task Tables_of_a_newer_version_end_the_start_with_78()
    {
        using var installation = new Installation();
        installation.UseRuntime(Runtime(postgres.Server.Port, "newer"));
        installation.WritePreset("web", 1);
        await using (VmShepherdProcess first = VmShepherdProcess.Start("-c", installation.SettingsFile, "-1")) Assert.Equal(0, await first.ExitsAsync());
        await postgres.Server.ExecuteAsync("insert into newer.migration (number) values (99)", "shepherd");
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", "0");

        Assert.Equal(78, await process.ExitsAsync());
        Assert.Contains("runtime: schema newer is of version 99, this program knows versions up to", process.Errors, StringComparison.Ordinal);
        Assert.Contains("a newer vmshepherd has been here, start that one", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_comes_later_is_waited_for()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        await server.StopServerAsync();
        using var installation = new Installation();
        installation.UseRuntime(Runtime(server.Port, "later"));
        installation.WritePreset("web", 3);
        (VmShepherdProcess process, Uri url) = await VmShepherdProcess.ServeAsync(installation);
        await using VmShepherdProcess _ = process;
        using var http = new HttpClient { BaseAddress = url };

        await UntilAsync("the store is missed", process, async () =>
            await ReadyAsync(http) is (HttpStatusCode.ServiceUnavailable, var why) && why.Contains("the runtime store can't be read", StringComparison.Ordinal) && why.Contains("Connection refused", StringComparison.Ordinal));
        await server.StartServerAsync();
        await process.SaysAsync("3 of 3 present");
        await UntilAsync("ready", process, async () => (await ReadyAsync(http)).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_stops_acts_until_it_does()
    {
        await using var proxy = new FaultyProxy(postgres.Server.Port);
        using var installation = new Installation();
        int control = Ports.Free();
        installation.WriteSettings(iaas: $"boot_time: 0, control: {control}");
        installation.UseRuntime(Runtime(proxy.Port, "slow"));
        installation.WritePreset("web", 2, "manage_expire: 15");
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string[] before = await server.MachinesAsync("web", 2);
        using var cloud = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{control}") };

        proxy.Change(Weather.HalfOpen);
        await UntilAsync("the store is missed", server.Process, async () => await ReadyAsync(server.Http) is (HttpStatusCode.ServiceUnavailable, var why) && why.Contains("runtime", StringComparison.Ordinal));
        await cloud.PostAsync(new Uri($"/vms/{before[0]}/die", UriKind.Relative), null, Ct);
        await server.Process.SaysAsync("VmShepherd[1201]", times: server.Process.Errors.Split("VmShepherd[1201]").Length + 1);
        Assert.Equal(before.Order(StringComparer.Ordinal), (await MachinesAsync(cloud)).Order(StringComparer.Ordinal));

        proxy.Change(Weather.Fine);
        await UntilAsync("it is replaced", server.Process, async () => await MachinesAsync(cloud) is { Length: 2 } now && !now.Contains(before[0]));
        await UntilAsync("ready", server.Process, async () => (await ReadyAsync(server.Http)).Status == HttpStatusCode.OK);
    }

    /// <summary>As they are.</summary>
    static async Task<string[]> MachinesAsync(HttpClient cloud) =>
        [.. JsonDocument.Parse(await cloud.GetStringAsync(new Uri("/vms", UriKind.Relative), Ct)).RootElement.EnumerateArray().Select(machine => machine.GetProperty("id").GetString()!)];
}
