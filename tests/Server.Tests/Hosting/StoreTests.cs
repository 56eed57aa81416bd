using System.Net;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Hosting;

/// <summary>What a store that does not work means to the process.</summary>
public sealed class StoreTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static Installation With(string runtime)
    {
        var installation = new Installation();
        installation.UseRuntime(runtime);
        installation.WritePreset("web", 2);
        return installation;
    }

    [Fact]
    public async Task A_server_that_is_out_of_reach_does_not_end_the_start_and_readyz_says_so()
    {
        using Installation installation = With("{driver: PostgresDriver, host: 127.0.0.1, port: 1, user: shepherd, password: s3cret-P4ss}");
        (VmShepherdProcess process, Uri url) = await VmShepherdProcess.ServeAsync(installation);
        await using VmShepherdProcess _ = process;
        await process.SaysAsync("Failed to connect to 127.0.0.1:1");
        using var http = new HttpClient();
        using HttpResponseMessage ready = await http.GetAsync(new Uri(url, "/readyz?verbose"), Ct);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("Failed to connect", await ready.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", process.Errors, StringComparison.Ordinal);
        await process.SignalAsync("TERM");
        Assert.Equal(0, await process.ExitsAsync());
    }

    [Fact]
    public async Task A_plan_reads_the_file_of_a_running_instance_and_makes_none()
    {
        using Installation installation = With("{driver: SqliteDriver, path: store/store.db}");
        await using (VmShepherdProcess before = VmShepherdProcess.Start("plan", "-c", installation.SettingsFile)) Assert.Equal(0, await before.ExitsAsync());
        Assert.False(Directory.Exists(Path.Combine(installation.Folder, "store")));

        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 2);
        await using VmShepherdProcess plan = VmShepherdProcess.Start("plan", "-c", installation.SettingsFile, "-o", "json");
        Assert.Equal(0, await plan.ExitsAsync());

        // Its cloud is another one, of its own process: what the store remembers is missed there.
        Assert.Contains("missing", plan.Output, StringComparison.Ordinal);
        await server.MachinesAsync("web", 2);
    }

    [Fact]
    public async Task Presets_that_another_process_keeps_with_a_store_of_its_own_are_refused_whatever_settings_name_them()
    {
        using var first = new Installation();
        first.WritePreset("web", 2);
        using var second = new Installation();
        Directory.CreateSymbolicLink(Path.Combine(second.Folder, "presets"), Path.Combine(first.Folder, "presets"));
        (VmShepherdProcess running, Uri _) = await VmShepherdProcess.ServeAsync(first);
        await using (running)
        {
            foreach (string[] arguments in (string[][])[["-p", "0"], ["-1"]])
            {
                await using VmShepherdProcess refused = VmShepherdProcess.Start(["-c", second.SettingsFile, .. arguments]);
                Assert.Equal(1, await refused.ExitsAsync());
                Assert.StartsWith($"vmshepherd: {second.SettingsFile}: runtime: process {running.Id} of this host keeps the presets of {first.Folder}/presets too, with a store of its own (installation default)", refused.Errors, StringComparison.Ordinal);
            }

            second.UseRuntime("{driver: SqliteDriver, path: store.db}");
            await using (VmShepherdProcess other = VmShepherdProcess.Start("-c", second.SettingsFile, "-1")) Assert.Equal(1, await other.ExitsAsync());
            foreach (string command in (string[])["plan", "validate"])
            {
                await using VmShepherdProcess harmless = VmShepherdProcess.Start(command, "-c", second.SettingsFile);
                Assert.Equal(0, await harmless.ExitsAsync());
            }

            await running.SignalAsync("KILL");
            await running.ExitsAsync();
        }

        await using VmShepherdProcess next = VmShepherdProcess.Start("-c", second.SettingsFile, "-1");
        Assert.Equal(0, await next.ExitsAsync());
    }

    [Fact]
    public async Task Another_installation_or_other_presets_are_not_refused()
    {
        using var first = new Installation();
        first.WritePreset("web", 2);
        (VmShepherdProcess running, Uri _) = await VmShepherdProcess.ServeAsync(first);
        await using VmShepherdProcess __ = running;
        string settings = await File.ReadAllTextAsync(first.SettingsFile, Ct);
        first.Write("others/web.conf", await File.ReadAllTextAsync(Path.Combine(first.Folder, "presets/web.conf"), Ct));
        foreach (string changed in (string[])[settings + "installation: another\n", settings.Replace("path: presets", "path: others", StringComparison.Ordinal)])
        {
            Assert.NotEqual(settings, changed);
            await using VmShepherdProcess other = VmShepherdProcess.Start("-c", first.Write("other.yaml", changed), "-1");
            Assert.True(await other.ExitsAsync() == 0, other.Errors);
        }
    }

    [Fact]
    public async Task Settings_that_lead_to_presets_of_another_process_are_not_reloaded()
    {
        using Installation first = new(), second = new();
        first.WritePreset("web", 1);
        second.WritePreset("mine", 1);
        await using RunningServer one = await RunningServer.StartAsync(first), two = await RunningServer.StartAsync(second);
        string settings = await File.ReadAllTextAsync(second.SettingsFile, Ct);
        second.Write("settings.yaml", settings.Replace("path: presets", $"path: {first.Folder}/presets", StringComparison.Ordinal));

        await two.Process.SaysAsync($"process {one.Process.Id} of this host keeps the presets of {first.Folder}/presets too");
        Assert.Equal("mine", (await two.ResultAsync("list_presets"))[0].GetString());
    }

    [Fact]
    public async Task A_file_that_another_process_has_ends_the_start_until_that_one_is_killed()
    {
        using Installation installation = With("{driver: SqliteDriver, path: store/store.db}");
        (VmShepherdProcess first, Uri _) = await VmShepherdProcess.ServeAsync(installation);
        await using (first)
        {
            await using VmShepherdProcess second = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", "0");
            Assert.Equal(1, await second.ExitsAsync());
            Assert.Equal($"vmshepherd: {installation.SettingsFile}: runtime: {installation.Folder}/store/store.db: process {first.Id} of this host uses it: end that one, or ask it with --server; for several instances use PostgresDriver\n", second.Errors);
            await first.SignalAsync("KILL");
            await first.ExitsAsync();
        }

        for (int i = 0; i < 3; i++)
        {
            (VmShepherdProcess next, Uri url) = await VmShepherdProcess.ServeAsync(installation);
            await using (next)
            {
                using var http = new HttpClient();
                while ((await http.GetAsync(new Uri(url, "/readyz"), Ct)).StatusCode != HttpStatusCode.OK) await Task.Delay(20, Ct);
                await next.SignalAsync("KILL");
                await next.ExitsAsync();
            }
        }
    }
}
