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
    public async Task A_paused_preset_is_left_alone_and_says_why_until_it_is_resumed()
    {
        using var installation = new Installation();
        installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string[] before = await server.MachinesAsync("web", 2);

        Assert.Contains("'reason' must be one line of at most 200 characters", (await server.CallAsync("pause", "web", "two\nlines")).GetRawText(), StringComparison.Ordinal);
        Assert.Equal("OK", (await server.ResultAsync("pause", "web", "kernel <b>upgrade</b>")).GetString());
        string page = await server.Http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("kernel &lt;b&gt;upgrade&lt;/b&gt;): 0 create(s) and 0 end(s) held back (vmshepherd resume web --server URL)", page, StringComparison.Ordinal);
        Assert.Contains("vmshepherd_brakes_held{brake=\"pause\"} 1", await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        Assert.Equal("OK", (await server.ResultAsync("terminate_vm", "web", before[0])).GetString());
        Assert.Equal("OK", (await server.ResultAsync("pause", "web")).GetString()); // a cycle later nobody has taken its place
        Assert.Equal(before[1], (await server.ResultAsync("list_vms", "web"))[1].EnumerateObject().Single().Name);

        Assert.Equal("OK", (await server.ResultAsync("resume", "web")).GetString());
        Assert.Contains(before[1], await server.MachinesAsync("web", 2));
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
