using System.Diagnostics;
using System.Text.Json;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Api;

/// <summary>A client that was not written here (Debian's jsonrpclib): scripts/install-test-tools brings it.</summary>
public sealed class ForeignClientTests
{
    const string Script = """
        import json, sys
        from jsonrpclib import Server, MultiCall
        api = Server(sys.argv[1])
        presets = api.list_presets()
        tags = api.list_presets_with_tags()
        own = api.get_preset_tags(preset='web')
        desired, vms = api.list_vms('web')
        vm = sorted(vms)[0]
        meta = api.get_vm_metadata(preset='web', vm_id=vm)
        ip = api.get_vm_ip('web', vm)
        batch = MultiCall(api)
        batch.list_presets()
        batch.list_vms('web')
        several = [answer for answer in batch()]
        try:
            api.list_vms('nope')
            error = None
        except Exception as failed:
            error = str(failed)
        ended = api.terminate_vm(preset='web', id=vm)
        print(json.dumps([presets, tags, own, desired, vms, meta, ip, several, error, ended]))
        """;

    [Fact]
    public async Task All_seven_methods_work_from_a_client_that_is_not_ours()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 2, "meta_tags: {role: web}");
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.MachinesAsync("web", 2);
        string script = installation.Write("client.py", Script);

        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, new Uri(server.Http.BaseAddress!, "/api").ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(python.ExitCode == 0, $"scripts/install-test-tools installs the client. {await errors}");

        JsonElement[] answers = [.. JsonSerializer.Deserialize<JsonElement>(output).EnumerateArray()];
        Assert.Equal("""["web"]""", answers[0].GetRawText());
        Assert.Equal("""{"web": {"role": "web"}}""", answers[1].GetRawText());
        Assert.Equal("""{"role": "web"}""", answers[2].GetRawText());
        Assert.Equal(2, answers[3].GetInt32());
        Assert.Equal(2, answers[4].EnumerateObject().Count());
        Assert.Equal("web", answers[5].GetProperty("vmshepherd_preset").GetString());
        Assert.StartsWith("127.30.", answers[6].GetProperty("vm_ip").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, answers[7].GetArrayLength());
        Assert.Contains("unknown preset 'nope'", answers[8].GetString(), StringComparison.Ordinal);
        Assert.Equal("OK", answers[9].GetString());
    }
}
