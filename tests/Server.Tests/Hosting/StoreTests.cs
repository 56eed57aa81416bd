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
        installation.Write("settings.yaml", File.ReadAllText(installation.SettingsFile).Replace("runtime: {driver: InMemoryDriver}", $"runtime: {runtime}", StringComparison.Ordinal));
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
    public async Task A_file_that_another_process_has_ends_the_start_with_78_until_that_one_is_killed()
    {
        using Installation installation = With("{driver: SqliteDriver, path: store/store.db}");
        (VmShepherdProcess first, Uri _) = await VmShepherdProcess.ServeAsync(installation);
        await using (first)
        {
            await using VmShepherdProcess second = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", "0");
            Assert.Equal(78, await second.ExitsAsync());
            Assert.Contains($"{installation.Folder}/store/store.db: another process of this host uses it", second.Errors, StringComparison.Ordinal);
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
