using System.Text.Json;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Defects;

/// <summary>
/// There, any attribute was callable, <c>terminate_vm</c> ended another preset's machine, a machine without address broke <c>list_vms</c> and the page,
/// and rendering links ate the addresses.
/// </summary>
public sealed class Defect12_The_API
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("__init__")]
    [InlineData("__class__")]
    [InlineData("allowed_methods")]
    public async Task Answers_its_own_methods_and_no_attribute(string method)
    {
        using var installation = new Installation();
        await using RunningServer server = await RunningServer.StartAsync(installation);

        JsonElement answer = await server.CallAsync(method);
        Assert.Equal(-32601, answer.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Ends_no_machine_of_another_preset()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 1);
        installation.WritePreset("db", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string database = (await server.MachinesAsync("db", 1))[0];
        await server.MachinesAsync("web", 1);

        Assert.Contains(database, await server.ErrorAsync("terminate_vm", "web", database), StringComparison.Ordinal);
        Assert.Equal([database], await server.MachinesAsync("db", 1));
    }

    [Fact]
    public async Task Lists_machines_without_address()
    {
        using var installation = new Installation();
        installation.WriteSettings(iaas: "boot_time: 600");
        installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        await server.Process.SaysAsync("create dummy-");

        JsonElement list = await server.ResultAsync("list_vms", "web");
        Assert.Equal(2, list[1].EnumerateObject().Count());
        Assert.All(list[1].EnumerateObject(), machine => Assert.Equal(JsonValueKind.Null, machine.Value.GetProperty("ip").ValueKind));
        Assert.Contains("web", await server.Http.GetStringAsync("/", Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_addresses_however_often_links_are_made_of_them()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 1, "panel_links: {status: 'http://ip/status'}");
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string vm = (await server.MachinesAsync("web", 1))[0];

        for (int i = 0; i < 3; i++) Assert.Contains("http://127.30.", await server.Http.GetStringAsync("/", Ct), StringComparison.Ordinal);
        Assert.StartsWith("127.30.", (await server.ResultAsync("get_vm_ip", "web", vm)).GetProperty("vm_ip").GetString(), StringComparison.Ordinal);
    }
}
