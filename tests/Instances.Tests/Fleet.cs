using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace Instances.Tests;

/// <summary>Several real processes, one real PostgreSQL, one simulated cloud in a process of its own, whose ledger tells what happened.</summary>
sealed partial class Fleet : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly Installation _installation = new();
    readonly VmShepherdProcess _cloud;
    readonly List<VmShepherdProcess> _instances = [];
    readonly List<Installation> _places = [];
    readonly HttpClient _http = new();

    Fleet(VmShepherdProcess cloud) => _cloud = cloud;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The cloud runs; nobody keeps anything yet.</summary>
    /// <param name="postgres">The store.</param>
    /// <param name="schema">Of this fleet alone.</param>
    /// <param name="latency">Seconds that each call to the cloud takes.</param>
    /// <param name="cloudOptions">More of the cloud's options.</param>
    public static async Task<Fleet> StartAsync(PostgresServer postgres, string schema, double latency, params string[] cloudOptions)
    {
        VmShepherdProcess cloud = VmShepherdProcess.Start(["dummy-cloud", "--listen", "127.0.0.1:0", "--boot-time", "0", "--latency", latency.ToString(CultureInfo.InvariantCulture), .. cloudOptions]);
        var fleet = new Fleet(cloud);
        await cloud.SaysAsync("dummy cloud at http://");
        string url = cloud.Errors[cloud.Errors.IndexOf("http://", StringComparison.Ordinal)..].Trim();
        fleet._installation.Write("password", PostgresServer.Password);
        fleet._installation.WriteSettings(iaas: $"connect: {url}");
        fleet._installation.UseRuntime($"{{driver: PostgresDriver, host: 127.0.0.1, port: {postgres.Port}, database: shepherd, user: shepherd, password_file: password, schema: {schema}}}");
        fleet.CloudUrl = new Uri(url);
        return fleet;
    }

    Uri CloudUrl { get; set; } = null!;

    public IReadOnlyList<VmShepherdProcess> Instances => _instances;

    public void WritePreset(string name, int count, string more = "") => _installation.WritePreset(name, count, more);

    /// <summary>The same store and cloud, with presets of its own.</summary>
    public Installation AnotherPlace()
    {
        var place = new Installation();
        foreach (string file in new[] { "settings.yaml", "password" }) place.Write(file, File.ReadAllText(Path.Combine(_installation.Folder, file)));
        _places.Add(place);
        return place;
    }

    /// <summary>So many processes, all at the same time.</summary>
    public Task<Uri[]> LaunchAsync(int instances) => LaunchAsync(Enumerable.Repeat(_installation, instances));

    /// <summary>A process in each of these places.</summary>
    public async Task<Uri[]> LaunchAsync(IEnumerable<Installation> places)
    {
        VmShepherdProcess[] launched = [.. places.Select(place => VmShepherdProcess.Start("-c", place.SettingsFile, "-p", "0"))];
        _instances.AddRange(launched);
        return await Task.WhenAll(launched.Select(instance => instance.ListensAsync()));
    }

    /// <summary>Machines there are, whatever anybody says of them.</summary>
    public async Task<int> CountAsync() => (await MachinesAsync()).Length;

    /// <summary>Their ids.</summary>
    public async Task<string[]> MachinesAsync() =>
        [.. JsonDocument.Parse(await _http.GetStringAsync(new Uri(CloudUrl, "/vms"), Ct)).RootElement.EnumerateArray().Select(vm => vm.GetProperty("id").GetString()!)];

    /// <summary>From now on this machine hangs, is in error, ...</summary>
    public async Task MakeAsync(string vm, string behaviour) => (await _http.PostAsync(new Uri(CloudUrl, $"/vms/{vm}/{behaviour}"), null, Ct)).EnsureSuccessStatusCode().Dispose();

    /// <summary>What an instance says, whatever its status.</summary>
    public async Task<string> GetAsync(Uri instance, string path)
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri(instance, path), Ct);
        return await response.Content.ReadAsStringAsync(Ct);
    }

    /// <summary>Nobody can look at machines any more.</summary>
    public Task EndCloudAsync() => _cloud.SignalAsync("KILL");

    /// <summary>The result of a call to an instance's API; null = an error.</summary>
    public async Task<JsonElement?> CallAsync(Uri instance, string method, params string[] parameters)
    {
        using HttpResponseMessage response = await _http.PostAsJsonAsync(new Uri(instance, "/api"), new { jsonrpc = "2.0", id = 1, method, @params = parameters }, Ct);
        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
        return answer.TryGetProperty("result", out JsonElement result) ? result : null;
    }

    /// <summary>Lines of the cloud's ledger with this operation.</summary>
    public async Task<int> HappenedAsync(string operation) =>
        (await _http.GetStringAsync(new Uri(CloudUrl, "/ledger"), Ct)).Split('\n').Count(line => line.Contains($"\"{operation}\"", StringComparison.Ordinal));

    /// <summary>The sum of a series over these instances.</summary>
    public async Task<double> SumAsync(IEnumerable<Uri> instances, string series)
    {
        double sum = 0;
        foreach (Uri instance in instances)
        {
            string text = await _http.GetStringAsync(new Uri(instance, "/metrics"), Ct);
            if (text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line) sum += double.Parse(Number().Match(line, series.Length).Value, CultureInfo.InvariantCulture);
        }

        return sum;
    }

    public async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException($"not in {Patience}: {what}; {await CountAsync()} machines\n{string.Join("\n---\n", _instances.Select(instance => instance.Errors))}");
            await Task.Delay(50, Ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (VmShepherdProcess instance in _instances) await instance.DisposeAsync();
        await _cloud.DisposeAsync();
        _http.Dispose();
        _installation.Dispose();
        foreach (Installation place in _places) place.Dispose();
    }

    [GeneratedRegex(@"[\d.]+")]
    private static partial Regex Number();
}
