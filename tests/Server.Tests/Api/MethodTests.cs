using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Api;

/// <summary>The seven methods that clients of the original rely on, and the two beyond.</summary>
public sealed partial class MethodTests(SharedServer shared) : IClassFixture<SharedServer>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    RunningServer Server => shared.Server;

    [Fact]
    public async Task Tags_keep_the_types_of_the_file()
    {
        Assert.Equal("""{"role":"web","weight":5,"zones":["a","b"],"ready":true}""", (await Server.ResultAsync("get_preset_tags", "web")).GetRawText());

        JsonElement all = await Server.ResultAsync("list_presets_with_tags");
        Assert.Equal("web", all.GetProperty("web").GetProperty("role").GetString());
        Assert.Equal("{}", all.GetProperty("empty").GetRawText());
    }

    [Fact]
    public async Task A_list_of_machines_has_the_wanted_count_and_each_machine_by_its_id()
    {
        JsonElement list = await Server.ResultAsync("list_vms", "web");

        Assert.Equal(3, list[0].GetInt32());
        JsonElement machine = list[1].EnumerateObject().First().Value;
        Assert.True(IPAddress.TryParse(machine.GetProperty("ip").GetString(), out _));
        Assert.Equal("running", machine.GetProperty("state").GetString());
        Assert.Matches(Seconds(), machine.GetProperty("created").GetString()!);
    }

    [Fact]
    public async Task Metadata_has_the_marks_the_tags_and_the_announced_shutdown()
    {
        string vm = (await Server.MachinesAsync("web", 3))[0];

        JsonElement metadata = await Server.ResultAsync("get_vm_metadata", "web", vm);

        Assert.Equal("web", metadata.GetProperty("vmshepherd_preset").GetString());
        Assert.Equal("shared", metadata.GetProperty("vmshepherd_installation").GetString());
        Assert.Equal(JsonValueKind.Array, metadata.GetProperty("tags").ValueKind);
        Assert.Equal(JsonValueKind.Null, metadata.GetProperty("iaas_shutdown").ValueKind);
    }

    [Theory]
    [InlineData("preset", "vm_id")]
    [InlineData("preset_name", "vm_id")]
    [InlineData("preset", "id")]
    public async Task Parameters_may_be_named_as_either_page_named_them(string preset, string vmName)
    {
        string vm = (await Server.MachinesAsync("web", 3))[0];
        string body = $$"""{"id":1,"method":"get_vm_ip","params":{"{{vmName}}":"{{vm}}","{{preset}}":"web"} }""";

        using HttpResponseMessage response = await Server.Http.PostAsync("/api", RunningServer.Json(body), Ct);

        JsonElement answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Ct));
        Assert.Matches(@"^127\.30\.", answer.GetProperty("result").GetProperty("vm_ip").GetString()!);
    }

    [Fact]
    public async Task A_machine_of_another_preset_is_not_shown_and_not_ended()
    {
        string vm = (await Server.MachinesAsync("web", 3))[0];

        Assert.Equal($"preset 'evil' has no machine '{vm}'", await Server.ErrorAsync("get_vm_ip", "evil", vm));
        Assert.Equal($"preset 'evil' has no machine '{vm}'", await Server.ErrorAsync("terminate_vm", "evil", vm));
        Assert.Contains(vm, await Server.MachinesAsync("web", 3));
    }

    [Fact]
    public async Task A_preset_that_is_not_in_force_is_unknown_to_all()
    {
        foreach (string method in new[] { "get_preset_tags", "list_vms", "accept_scope", "manage", "pause", "resume" })
            Assert.Equal("unknown preset 'broken'", await Server.ErrorAsync(method, "broken"));
        foreach (string method in new[] { "get_vm_ip", "get_vm_metadata", "terminate_vm" })
            Assert.Equal("unknown preset 'broken'", await Server.ErrorAsync(method, "broken", "x"));
    }

    [Fact]
    public async Task Managing_and_accepting_the_scope_answer_OK()
    {
        Assert.Equal("OK", (await Server.ResultAsync("manage", "empty")).GetString());
        Assert.Equal("OK", (await Server.ResultAsync("accept_scope", "empty")).GetString());
    }

    [Fact]
    public async Task A_plan_of_a_preset_at_rest_has_no_steps()
    {
        JsonElement answer = await Server.CallAsync("plan");

        JsonElement web = answer.GetProperty("result").GetProperty("presets").EnumerateArray().Single(preset => preset.GetProperty("name").GetString() == "web");
        Assert.Equal((3, 3, 0), (web.GetProperty("desired").GetInt32(), web.GetProperty("present").GetInt32(), web.GetProperty("steps").GetArrayLength()));
        Assert.Equal("at_rest", web.GetProperty("outcome").GetString());
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")]
    private static partial Regex Seconds();
}
