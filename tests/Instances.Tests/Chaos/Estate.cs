using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Drivers.Tests;
using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace Instances.Tests.Chaos;

/// <summary>What instances with a way of their own to the store work on: presets, and a cloud whose ledger is on disk.</summary>
sealed class Estate : IAsyncDisposable
{
    /// <summary>The shortest there is: as much as possible happens in a minute.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    /// <summary>Until there is what was asked for. Waits of the brakes (G6: a minute, G13: doubled) are among it; how fast this machine is decides nothing.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    readonly Installation _presets = new();
    readonly int _port = Ports.Free();
    readonly VmShepherdProcess _cloud;
    readonly HttpClient _http;

    Estate(int seed)
    {
        _cloud = VmShepherdProcess.Start("dummy-cloud", "--listen", "127.0.0.1:0", "--boot-time", "0.2", "--latency", "0.4", "--staleness", "1", "--lost-answers", "0.01",
            "--serve-http", $"{_port}", "--ledger", LedgerFile, "--seed", $"{seed}");
        _http = new HttpClient();
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string LedgerFile => Path.Combine(_presets.Folder, "cloud.jsonl");

    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public Uri Cloud => _http.BaseAddress!;

    public static async Task<Estate> OpenAsync(int presets, int seed)
    {
        var estate = new Estate(seed);
        await estate._cloud.SaysAsync("dummy cloud at http://");
        estate._http.BaseAddress = new Uri(estate._cloud.Errors[estate._cloud.Errors.IndexOf("http://", StringComparison.Ordinal)..].Trim());
        var random = new Random(seed);
        for (int i = 0; i < presets; i++) estate.WritePreset($"preset-{i:000}", random.Next(1, 6));
        return estate;
    }

    /// <summary>A part of them is really checked.</summary>
    public static bool IsChecked(string preset) => preset.EndsWith('0') || preset.EndsWith('4');

    /// <summary>For an instance.</summary>
    public string Settings(string schema, int storePort, string passwordFile) => $$"""
        worker_interval: 1
        end_budget: 10000
        runtime: {driver: PostgresDriver, host: 127.0.0.1, port: {{storePort}}, database: shepherd, user: shepherd, password_file: {{passwordFile}}, schema: {{schema}}}
        presets: {driver: DirectoryDriver, path: {{_presets.Folder}}/presets}
        defaults:
          iaas: {driver: DummyIaasDriver, connect: "{{Cloud}}"}
        """;

    public async Task<JsonElement[]> MachinesAsync() => (await _http.GetFromJsonAsync<JsonElement[]>(new Uri("/vms", UriKind.Relative), Ct))!;

    /// <summary>Does something to a machine: <c>die</c>, <c>hang</c>, <c>error</c>. False when it has gone.</summary>
    public async Task<bool> HarmAsync(string id, string how)
    {
        using HttpResponseMessage answer = await _http.PostAsync(new Uri($"/vms/{id}/{how}", UriKind.Relative), null, Ct);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>What the cloud has written down.</summary>
    public IReadOnlyList<LedgerLine> Ledger => Chaos.LedgerFile.Read(LedgerFile);

    public async Task UntilAsync(string what, Func<Task<bool>> isSo, IEnumerable<Member> members)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.All(members, member => Assert.False(member.HasFailed, $"{member.Name} has ended by itself:\n{member.Said}"));
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"not within {Patience}: {what}; {string.Join(", ", Wrong(await MachinesAsync()))}");
            await Task.Delay(200, Ct);
        }
    }

    /// <summary>Until there is exactly what was asked for, and then until each preset was looked at and given back twice more: whoever still wanted something has had its chance.</summary>
    public async Task SettleAsync(PostgresServer postgres, string schema, IEnumerable<Member> members)
    {
        DateTimeOffset? since = null;
        await UntilAsync("exactly what was asked for, and nobody wants more", async () =>
        {
            if (Wrong(await MachinesAsync()).Length > 0)
            {
                since = null;
                return false;
            }

            since ??= TimeProvider.System.GetUtcNow();
            return await StoreWitness.ManagedAsync(postgres, schema, since.Value, 2) == Counts.Count;
        }, members);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _cloud.DisposeAsync();
        _presets.Dispose();
    }

    string[] Wrong(JsonElement[] machines)
    {
        ILookup<string, string> there = machines.ToLookup(machine => machine.GetProperty("name").GetString()!, machine => machine.GetProperty("behaviour").GetString()!);
        return [.. Counts.Where(wanted => there[wanted.Key].Count() != wanted.Value || there[wanted.Key].Any(behaviour => behaviour != "good")).Select(wanted => $"{wanted.Key}: {string.Join(' ', there[wanted.Key])} of {wanted.Value}")];
    }

    void WritePreset(string name, int count)
    {
        Counts.Add(name, count);
        string check = IsChecked(name) ? $"driver: HttpHealthcheck, port: {_port}, conn_timeout: 5, read_timeout: 5, terminate_health_failed_delay: 3" : "driver: DummyHealthcheck";
        _presets.Write($"presets/{name}.conf", string.Create(CultureInfo.InvariantCulture, $$"""
            name: {{name}}
            count: {{count}}
            image: debian
            flavor: small
            manage_interval: 1
            manage_expire: {{Lease.TotalSeconds}}
            startup_grace: 5
            healthcheck: { {{check}} }
            """));
    }
}
