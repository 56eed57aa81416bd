using System.Diagnostics;
using System.Text.Json;
using Drivers.Tests;
using Drivers.Tests.Runtime.Postgres;

namespace Bench;

/// <summary>
/// Two real processes on one PostgreSQL; one is killed while it holds presets, and the clock stops when the other one has them. Machines hang, so that each check takes three seconds and leases are held.
/// Floor: what was left of each lease when its holder died, since nobody may have the preset before that.
/// </summary>
static class Takeover
{
    const int Presets = 40, Count = 5;
    const string Runtime = "takeover";

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync("log_min_messages=panic");
        int port = Ports.Free();
        using Child cloud = Child.Start(Product.Built, ["dummy-cloud", "--listen", "127.0.0.1:0", "--boot-time", "0", "--serve-http", $"{port}"], errors: true);
        string said = await cloud.Errors.ReadLineAsync() ?? throw new InvalidOperationException("the cloud did not start");
        var url = new Uri(said[said.IndexOf("http://", StringComparison.Ordinal)..].Trim());
        using var workspace = new Workspace(0, 0);
        Write(workspace, postgres.Port, url, port);

        using var http = new HttpClient { BaseAddress = url };
        List<double> taken = [], left = [];
        using Product other = Product.Start(workspace);
        await other.SaidAsync("listening on");
        await Product.UntilAsync(async () => await HangAllAsync(http) == Presets, TimeSpan.FromMinutes(2));
        for (int round = 0; round < Count; round++)
        {
            Product victim = Product.Start(workspace);
            string holder = (await victim.SaidAsync("starts as ")).Split("starts as ")[1].Split(':')[0];
            await Product.UntilAsync(async () => (await HeldAsync(postgres, holder)).Count > 2, TimeSpan.FromMinutes(2));
            await Task.Delay(TimeSpan.FromSeconds(round % 3));
            victim.Dispose();
            long killed = Stopwatch.GetTimestamp();
            Dictionary<string, double> held = await HeldAsync(postgres, holder);
            left.AddRange(held.Values);
            while (held.Count > 0)
            {
                Dictionary<string, double> still = await HeldAsync(postgres, holder);
                foreach (string preset in held.Keys.Except(still.Keys).ToArray())
                {
                    taken.Add(Stopwatch.GetElapsedTime(killed).TotalSeconds);
                    held.Remove(preset);
                }

                await Task.Delay(20);
            }
        }

        return [new Row($"takeover after SIGKILL, lease of 15 s, worker_interval of 1 s, {taken.Count} presets: s", new Series(taken), new Series(left))];
    }

    static void Write(Workspace workspace, int store, Uri cloud, int port)
    {
        File.WriteAllText(Path.Combine(workspace.Root, "password"), PostgresServer.Password);
        File.WriteAllText(workspace.SettingsFile, $$"""
            worker_interval: 1
            log_level: info
            runtime: {driver: PostgresDriver, host: 127.0.0.1, port: {{store}}, database: shepherd, user: shepherd, password_file: password, schema: {{Runtime}}}
            presets: {driver: DirectoryDriver, path: presets}
            defaults:
              iaas: {driver: DummyIaasDriver, connect: "{{cloud}}"}
              healthcheck: {driver: HttpHealthcheck, port: {{port}}, conn_timeout: 3, read_timeout: 3}
            """);
        for (int i = 0; i < Presets; i++) File.WriteAllText(Path.Combine(workspace.Root, "presets", $"{Workspace.Name(i)}.conf"), $"name: {Workspace.Name(i)}\ncount: 1\nimage: debian\nflavor: small\nmanage_interval: 0\nmanage_expire: 15\n");
    }

    static async Task<int> HangAllAsync(HttpClient cloud)
    {
        JsonElement[] machines = JsonSerializer.Deserialize<JsonElement[]>(await cloud.GetStringAsync(new Uri("/vms", UriKind.Relative)))!;
        foreach (JsonElement machine in machines) (await cloud.PostAsync(new Uri($"/vms/{machine.GetProperty("id").GetString()}/hang", UriKind.Relative), null)).Dispose();
        return machines.Length;
    }

    /// <summary>The presets it holds, and for how many seconds more. What it keeps of sources has leases, too, which nobody waits for.</summary>
    static async Task<Dictionary<string, double>> HeldAsync(PostgresServer postgres, string holder)
    {
        var found = (string)(await postgres.ExecuteAsync($"select coalesce(json_object_agg(preset, extract(epoch from next_at - now())), '{{}}')::text from {Runtime}.lease where held and holder = '{holder}' and preset like 'preset-%'", "shepherd"))!;
        return JsonSerializer.Deserialize<Dictionary<string, double>>(found)!;
    }
}
