using System.Net;
using System.Text;
using Drivers.Tests;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>The examples as strangers use them: built in another place against the packed packages, dropped into a plug-in folder, and managed with.</summary>
[Collection(nameof(PackedSdk))]
public sealed class ExamplesTests(PackedSdk sdk)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_example_holds_what_its_contract_promises_and_keeps_presets_side_by_side_with_the_others()
    {
        using TemporaryFolder folder = sdk.NewFolder();
        await sdk.RunAsync(folder.Path, $"cp -r {PackedSdk.Repository}/examples . && find examples -name 'bin' -o -name 'obj' | xargs rm -rf; rm examples/nuget.config; mkdir plugins; cp -r examples/local-processes plugins/", Ct);
        foreach (string example in new[] { "certificate-check", "http-presets" })
        {
            Assert.Contains("failed: 0", (await sdk.RunAsync(folder.Path, $"dotnet run --project examples/{example}/tests", Ct)).ToLowerInvariant(), StringComparison.Ordinal);
            await sdk.RunAsync(folder.Path, $"dotnet publish examples/{example}/src -o plugins/{example}", Ct);
        }

        // Beside them one that brings another version of a library that the program uses, too.
        using var installation = new Installation();
        string beside = new PluginFolder(installation).Add("sample");
        await sdk.RunAsync(folder.Path, $"cp -r {beside} plugins/", Ct);

        using var server = new HttpListener();
        int port = Ports.Free();
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        Task serving = ServeAsync(server, """
            {
              "web": {"name": "web", "count": 2, "image": "sleeper", "flavor": "any", "manage_interval": 0, "startup_grace": 0, "iaas": {"driver": "LocalProcesses", "directory": "machines"}, "healthcheck": {"driver": "CertificateCheck", "port": 1, "timeout": 1}},
              "db": {"name": "db", "count": 1, "image": "any", "flavor": "any", "manage_interval": 0, "startup_grace": 0, "iaas": {"driver": "DummyIaasDriver", "boot_time": 0}, "healthcheck": {"driver": "YamlCheck", "answer": "hello"}}
            }
            """);
        installation.Write("settings.yaml", $"""
            worker_interval: 0.1
            plugins: [{folder.Path}/plugins]
            runtime: {"{"}driver: InMemoryDriver{"}"}
            presets: {"{"}driver: HttpPresets, url: 'http://127.0.0.1:{port}/'{"}"}
            """);

        string listed = await sdk.RunAsync(folder.Path, $"vmshepherd drivers -c {installation.SettingsFile}", Ct);
        foreach (string line in new[] { "healthcheck CertificateCheck certificate-check", "presets HttpPresets http-presets", "iaas LocalProcesses local-processes", "healthcheck YamlCheck sample" })
            Assert.Contains($"vmshepherd.driver.{line}\n", listed, StringComparison.Ordinal);

        await using (RunningServer running = await RunningServer.StartProgramAsync(Path.Combine(sdk.Published, "vmshepherd"), installation))
        {
            await running.Process.SaysAsync("web: Done, 2 of 2 present");
            await running.Process.SaysAsync("checks failed: port 1: ConnectionRefused");
            await running.Process.SaysAsync("checks failed: hello 2.0.0.0");
        }
        Assert.Equal(2, Directory.GetFiles(Path.Combine(installation.Folder, "machines"), "*.json").Length);
        foreach (string machine in Directory.GetFiles(Path.Combine(installation.Folder, "machines"), "*.json"))
            await sdk.RunAsync(folder.Path, $"kill -9 -$(jq .process.pid {machine})", Ct);
        server.Stop();
        await serving;
    }

    static async Task ServeAsync(HttpListener server, string document)
    {
        try
        {
            while (true)
            {
                HttpListenerContext call = await server.GetContextAsync();
                await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(document));
                call.Response.Close();
            }
        }
        catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
