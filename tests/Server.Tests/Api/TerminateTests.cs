using System.Text.Json;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Api;

/// <summary>What a person asks for goes through the loop, and comes back with its answer.</summary>
public sealed class TerminateTests
{
    [Fact]
    public async Task A_terminated_machine_is_replaced_and_the_answer_is_OK()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string[] before = await server.MachinesAsync("web", 2);

        Assert.Equal("OK", (await server.ResultAsync("terminate_vm", "web", before[0])).GetString());

        string[] after = before;
        while (after.Contains(before[0])) after = await server.MachinesAsync("web", 2);
        Assert.Contains(before[1], after);
    }

    [Fact]
    public async Task Many_may_ask_at_once()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 8);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string[] before = await server.MachinesAsync("web", 8);

        JsonElement[] answers = await Task.WhenAll(before.Select(vm => server.ResultAsync("terminate_vm", "web", vm)));

        Assert.All(answers, answer => Assert.Equal("OK", answer.GetString()));
    }

    [Fact]
    public async Task A_machine_without_address_has_null_for_it()
    {
        using var installation = new Installation();
        installation.WriteSettings(iaas: "boot_time: 3600");
        installation.WritePreset("slow", 1);
        await using RunningServer server = await RunningServer.StartAsync(installation);

        JsonElement list;
        do list = await server.ResultAsync("list_vms", "slow");
        while (!list[1].EnumerateObject().Any());

        JsonElement machine = list[1].EnumerateObject().Single().Value;
        Assert.Equal(("pending", JsonValueKind.Null), (machine.GetProperty("state").GetString(), machine.GetProperty("ip").ValueKind));
        string vm = list[1].EnumerateObject().Single().Name;
        Assert.Equal("""{"vm_ip":null}""", (await server.ResultAsync("get_vm_ip", "slow", vm)).GetRawText());
        Assert.Contains("pending", await server.Http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
