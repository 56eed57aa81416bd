using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Running;

namespace OpenStack.Tests.Lab;

/// <summary>A real vmshepherd, logged in as a tenant's member, that checks its machines over HTTP and talks at debug level.</summary>
public sealed class Keeper : IAsyncDisposable
{
    /// <summary>Stands in every preset's userdata, and nowhere else.</summary>
    public const string SecretInUserdata = "planted-in-userdata-7f3a";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly Installation _installation = new();
    readonly Guests _guests;
    string _before = "";

    Keeper(Tenant tenant, Guests guests)
    {
        Tenant = tenant;
        _guests = guests;
        Login = tenant.Login;
    }

    public Tenant Tenant { get; }

    public RunningServer Server { get; private set; } = null!;

    /// <summary>What the settings say; <see cref="WriteSettings"/> puts a change into force.</summary>
    public Login Login { get; set; }

    public string Log => _before + Server.Process.Errors;

    public string SettingsFile => _installation.SettingsFile;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Nothing runs yet: presets can be written.</summary>
    public static Keeper For(Tenant tenant, Guests guests) => new(tenant, guests);

    public async Task StartAsync(string iaas = "")
    {
        WriteSettings(iaas);
        Server = await RunningServer.StartAsync(_installation);
    }

    /// <summary>Killed, and started anew on the same store.</summary>
    public async Task RestartAsync()
    {
        await Server.DisposeAsync();
        _before = Log;
        Server = await RunningServer.StartAsync(_installation);
    }

    /// <summary>A running process takes them up by itself.</summary>
    public void WriteSettings(string iaas = "")
    {
        // Elsewhere and then renamed: nobody reads half of it.
        string written = _installation.Write("settings.new", $"""
            worker_interval: 0.5
            log_level: debug
            runtime: {"{"}driver: SqliteDriver, path: "{_installation.Folder}/store.db"{"}"}
            presets: {"{"}driver: DirectoryDriver, path: presets{"}"}
            defaults:
              iaas:
                driver: OpenStackDriver
                auth_url: {Login.AuthUrl}
                username: {Login.User}
                password: {Login.Password}
                project_name: {Login.Project}
                user_domain_name: Default
                project_domain_name: Default
                visibility_grace: 3
                {iaas}
              healthcheck:
                driver: HttpHealthcheck
                port: {_guests.Port}
                read_timeout: 2
                terminate_health_failed_delay: 3
            """);
        File.Move(written, _installation.SettingsFile, overwrite: true);
    }

    public void WritePreset(string name, int count, string more = "", string flavor = "small")
    {
        string written = _installation.Write("presets/new", $"""
            name: "{name}"
            count: {count}
            image: ubuntu16
            flavor: {flavor}
            manage_interval: 0
            userdata: "#cloud-config {SecretInUserdata}"
            {more}
            """);
        File.Move(written, Path.Combine(_installation.Folder, "presets", $"{name}.conf"), overwrite: true);
    }

    /// <summary>Waits until the preset is at rest with so many machines: nova, the API and the report agree on it. Then nothing secret was said so far.</summary>
    public async Task<Server[]> SettledAsync(string preset, int count)
    {
        Server[] servers = [];
        string[] listed = [];
        int silent = Log.Length;
        await UntilAsync(() => $"{preset} is at rest with {count} machines; nova: {string.Join(", ", servers.Select(server => $"{server.Id} {server.Status}"))}; list_vms: {string.Join(", ", listed)}", async () =>
        {
            servers = await Tenant.ServersAsync(preset);
            if (servers.Length != count || servers.Any(server => server.Status != "ACTIVE")) return false;
            listed = await ListAsync(preset);
            return listed.Order(StringComparer.Ordinal).SequenceEqual(servers.Select(server => $"{server.Id} running {server.Address}").Order(StringComparer.Ordinal))
                && SaidLast(preset).StartsWith("at rest", StringComparison.Ordinal) && Log.Length > silent;
        });
        AssertNoSecret(Log);
        return servers;
    }

    public async Task UntilAsync(Func<string> what, Func<Task<bool>> isSo)
    {
        long started = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, $"not within {Patience}: {what()}\nthe last words:\n{Tail(Log)}");
            await Task.Delay(250, Ct);
        }
    }

    /// <summary>Waits for words of a report.</summary>
    public Task SaysAsync(string words, int from = 0) => UntilAsync(() => $"says '{words}'", () => Task.FromResult(Log.IndexOf(words, from, StringComparison.Ordinal) >= 0));

    /// <summary>So many more cycles of the preset.</summary>
    public async Task CyclesAsync(string preset, int more)
    {
        int wanted = Said(preset).Count + more;
        await UntilAsync(() => $"{more} more cycles of {preset}", () => Task.FromResult(Said(preset).Count >= wanted));
    }

    /// <summary>Whatever went wrong for the preset so far, and for each a reason that a person can read.</summary>
    public string[] Troubles(string preset)
    {
        string[] troubles = [.. Log.Split('\n').Where(line => line.Contains($"[1003] {preset}: ", StringComparison.Ordinal))];
        Assert.All(troubles, line =>
        {
            Assert.Matches("; (problem: |create .* failed: |end .* failed: |held by )[^;]{15,}", line);
            Assert.DoesNotMatch(@"Exception|   at |\bnull\b|System\.", line);
        });
        return troubles;
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
            await File.WriteAllTextAsync(Path.Combine(OpenStackLab.Logs, $"vmshepherd-{Login.User}.log"), $"{TestContext.Current.Test?.TestDisplayName}\n{Log}");
        }

        _installation.Dispose();
    }

    public void AssertNoSecret(string text)
    {
        Assert.DoesNotContain(Tenant.Login.Password, text, StringComparison.Ordinal);
        Assert.DoesNotContain(SecretInUserdata, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"#cloud-config {SecretInUserdata}"))[..40], text, StringComparison.Ordinal);
    }

    async Task<string[]> ListAsync(string preset)
    {
        JsonElement answer = await Server.CallAsync("list_vms", preset);
        return answer.TryGetProperty("result", out JsonElement result)
            ? [.. result[1].EnumerateObject().Select(vm => $"{vm.Name} {vm.Value.GetProperty("state").GetString()} {vm.Value.GetProperty("ip").GetString()}")]
            : [];
    }

    IReadOnlyList<string> Said(string preset) => [.. Regex.Matches(Log, $@"\[100[123]\] {Regex.Escape(preset)}: (.*)").Select(match => match.Groups[1].Value)];

    string SaidLast(string preset) => Said(preset) is [.., string last] ? last : "";

    static string Tail(string text) => string.Join('\n', text.Split('\n').Where(line => !line.Contains(": at rest,", StringComparison.Ordinal)).TakeLast(40));
}
