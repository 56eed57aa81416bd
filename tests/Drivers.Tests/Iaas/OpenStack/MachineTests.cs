using System.Text;
using System.Text.Json.Nodes;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Creating and ending: what is asked of nova, and by which names.</summary>
public sealed class MachineTests
{
    const string Image1 = "8a9b0c1d-0000-4000-8000-000000000001", Image2 = "8a9b0c1d-0000-4000-8000-000000000002", Image3 = "8a9b0c1d-0000-4000-8000-000000000003";

    static JsonObject Sent(Scene scene) => JsonNode.Parse(scene.Cloud.Calls.Last(call => call.Method == "POST" && call.Path.EndsWith("/servers", StringComparison.Ordinal)).Body)!.AsObject();

    [Fact]
    public async Task A_create_asks_in_ids_for_all_that_the_preset_names()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.Networks.Add(FakeNova.Item("back", "5e5e5e5e-0000-4000-8000-000000000002"));
        VmRequest request = Request() with
        {
            KeyName = "ops", AvailabilityZone = "az1", Networks = ["back", "5e5e5e5e-0000-4000-8000-000000000001"], SecurityGroups = ["default"], UserData = "#cloud-config\nä\n",
        };
        await scene.Driver(serverGroup: "apart", configDrive: true).CreateAsync(request, Ct);
        JsonObject sent = Sent(scene), server = sent["server"]!.AsObject();
        Assert.Equal("web", (string?)server["name"]);
        Assert.Equal((Image1, "2", "ops", "az1"), ((string?)server["imageRef"], (string?)server["flavorRef"], (string?)server["key_name"], (string?)server["availability_zone"]));
        Assert.Equal(["5e5e5e5e-0000-4000-8000-000000000002", "5e5e5e5e-0000-4000-8000-000000000001"], server["networks"]!.AsArray().Select(network => (string?)network!["uuid"]));
        Assert.Equal(["6f6f6f6f-0000-4000-8000-000000000001"], server["security_groups"]!.AsArray().Select(group => (string?)group!["name"]));
        Assert.Equal("#cloud-config\nä\n", Encoding.UTF8.GetString(Convert.FromBase64String((string)server["user_data"]!)));
        Assert.Equal("intent-1", (string?)server["metadata"]![VmMetadata.Intent]);
        Assert.True((bool)server["config_drive"]!);
        Assert.Equal("7a7a7a7a-0000-4000-8000-000000000001", (string?)sent["os:scheduler_hints"]!["group"]);
        Assert.Null(scene.Cloud.Calls.Last(call => call.Method == "POST").Microversion);
    }

    [Fact]
    public async Task A_preset_that_names_no_network_leaves_the_choice_to_nova()
    {
        await using Scene scene = await StartAsync();
        await scene.Driver().CreateAsync(Request(), Ct);
        JsonObject server = Sent(scene)["server"]!.AsObject();
        Assert.Equal(["flavorRef", "imageRef", "metadata", "name"], server.Select(entry => entry.Key).Order());
    }

    [Fact]
    public async Task A_machine_boots_from_a_volume_that_goes_with_it()
    {
        await using Scene scene = await StartAsync();
        await scene.Driver(volumeSize: 20).CreateAsync(Request(), Ct);
        JsonObject server = Sent(scene)["server"]!.AsObject();
        JsonNode volume = Assert.Single(server["block_device_mapping_v2"]!.AsArray())!;
        Assert.Equal((Image1, 20, true, 0), ((string?)volume["uuid"], (int)volume["volume_size"]!, (bool)volume["delete_on_termination"]!, (int)volume["boot_index"]!));
        Assert.Null(server["imageRef"]);
    }

    [Fact]
    public async Task What_nova_would_not_take_is_not_sent()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        VmRequest[] unfit =
        [
            Request() with { UserData = new string('u', 50_000) },
            Request() with { Metadata = new Dictionary<string, string> { ["key"] = new('v', 256) } },
            Request() with { Metadata = new Dictionary<string, string> { [new('k', 256)] = "" } },
            Request() with { Metadata = Enumerable.Range(0, 129).ToDictionary(i => $"k{i}", _ => "") },
        ];
        foreach (VmRequest request in unfit) Assert.Equal(IaasFailure.Rejected, (await FailsAsync(() => driver.CreateAsync(request, Ct))).Failure);
        Assert.Equal(0, scene.Cloud.Count("POST", "/compute/v2.1/servers"));
    }

    [Fact]
    public async Task A_name_that_is_nothing_or_several_is_an_error_that_lists_what_there_is()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.SecurityGroups.Add(FakeNova.Item("default", "6f6f6f6f-0000-4000-8000-000000000002", ("project_id", "another")));
        scene.Cloud.Nova.Images.Add(FakeNova.Item("image", Image2, ("status", "active"), ("owner", "p2"), ("created_at", "2026-02-01T00:00:00Z")));
        OpenStackDriver driver = scene.Driver();

        string image = await MessageAsync(Request());
        Assert.Contains(Image1, image, StringComparison.Ordinal);
        Assert.Contains($"{Image2} (made 2026-02-01T00:00:00Z, of project p2)", image, StringComparison.Ordinal);
        Assert.Contains("there is no flavor 'm1.huge' that this project can use; there are flavor, m1.small", await MessageAsync(Request() with { Image = Image1, Flavor = "m1.huge" }), StringComparison.Ordinal);
        Assert.Contains("there is no network 'x'", await MessageAsync(Request() with { Image = Image1, Networks = ["x"] }), StringComparison.Ordinal);
        Assert.Contains("there is no key 'x' of this user (keys belong to users, not to projects); there are ops", await MessageAsync(Request() with { Image = Image1, KeyName = "x" }), StringComparison.Ordinal);
        Assert.Contains("the security group 'default' is 2 of them", await MessageAsync(Request() with { Image = Image1, SecurityGroups = ["default"] }), StringComparison.Ordinal);
        Assert.Equal(0, scene.Cloud.Count("POST", "/compute/v2.1/servers"));

        async Task<string> MessageAsync(VmRequest request)
        {
            IaasException e = await FailsAsync(() => driver.CreateAsync(request, Ct));
            Assert.Equal((IaasFailure.Rejected, false), (e.Failure, e.EffectUnknown));
            Assert.StartsWith("create of 'web': ", e.Message, StringComparison.Ordinal);
            return e.Message;
        }
    }

    [Fact]
    public async Task Of_an_image_family_the_latest_is_taken()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.Images.Add(FakeNova.Item("image", Image2, ("status", "active"), ("owner", "p2"), ("created_at", "2026-03-01T00:00:00Z")));
        scene.Cloud.Nova.Images.Add(FakeNova.Item("image", Image3, ("status", "active"), ("owner", "p2"), ("created_at", "2026-02-01T00:00:00Z")));
        await scene.Driver(owners: ["p2"]).CreateAsync(Request(), Ct);
        Assert.Equal(Image2, (string?)Sent(scene)["server"]!["imageRef"]);

        scene.Cloud.Nova.Images[2]["tags"] = new JsonArray("latest");
        await scene.Driver().CreateAsync(Request(), Ct);
        Assert.Equal(Image3, (string?)Sent(scene)["server"]!["imageRef"]);

        Assert.Contains("image_owner_ids (nobody)", (await FailsAsync(() => scene.Driver(owners: ["nobody"]).CreateAsync(Request(), Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_name_means_is_asked_once_and_again_when_it_is_nothing_or_nova_refuses()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        await driver.CreateAsync(Request(), Ct);
        await driver.CreateAsync(Request(), Ct);
        Assert.Equal(1, scene.Cloud.Count("GET", "/image/v2/images"));

        scene.Cloud.Nova.Images.Clear();
        scene.Cloud.Nova.Images.Add(FakeNova.Item("image", Image2, ("status", "active")));
        await FailsAsync(() => driver.CreateAsync(Request(), Ct)); // nova does not know the old one any more
        await driver.CreateAsync(Request(), Ct);
        Assert.Equal(Image2, (string?)Sent(scene)["server"]!["imageRef"]);

        VmRequest later = Request() with { Flavor = "new" };
        await FailsAsync(() => driver.CreateAsync(later, Ct));
        scene.Cloud.Nova.Flavors.Add(FakeNova.Item("new", "9"));
        await driver.CreateAsync(later, Ct);
    }

    [Fact]
    public async Task Nova_does_not_lead_the_user_data_into_a_message()
    {
        await using Scene scene = await StartAsync();
        string secret = "pl4nted-userdata", encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
        scene.Instead("POST", "/servers", 1, Status(400, $$$"""{"badRequest": {"code": 400, "message": "Invalid input for field/attribute user_data. Value: {{{encoded}}}. '{{{encoded}}}' is wrong"}}"""));
        IaasException e = await FailsAsync(() => scene.Driver().CreateAsync(Request() with { UserData = secret }, Ct));
        Assert.Contains("Invalid input for field/attribute user_data. Value: ***. '***' is wrong", e.Message, StringComparison.Ordinal);

        string whole = Convert.ToBase64String(new byte[30_000]);
        scene.Instead("POST", "/servers", 1, Status(400, $$$"""{"badRequest": {"code": 400, "message": "Value: {{{whole[..5000]}}}"}}"""));
        Assert.DoesNotContain("AAAA", (await FailsAsync(() => scene.Driver().CreateAsync(Request() with { UserData = secret }, Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forced_end_that_meets_a_new_server_is_followed_by_a_delete()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.ActionsAfter = TimeSpan.FromDays(1);
        OpenStackDriver driver = scene.Driver();
        string id = await driver.CreateAsync(Request(), Ct);
        await driver.TerminateAsync(new VmTermination(id, "web", "1"), Ct);
        Assert.Equal(1, scene.Cloud.Count("DELETE", $"/compute/v2.1/servers/{id}"));
        Assert.NotEqual(DateTimeOffset.MaxValue, scene.Cloud.Nova.Servers(DateTimeOffset.MinValue).Single().GoneAt);
    }

    [Theory]
    [InlineData("force", true)]
    [InlineData("normal", false)]
    public async Task An_end_is_as_the_option_says(string delete, bool isForced)
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        await scene.Driver(delete: delete).TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct);
        Assert.Equal(isForced ? (1, 0) : (0, 1), (scene.Cloud.Count("POST", $"/compute/v2.1/servers/{server.Id}/action"), scene.Cloud.Count("DELETE", $"/compute/v2.1/servers/{server.Id}")));
    }

    [Fact]
    public async Task An_end_that_policy_forbids_by_force_is_done_without()
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        scene.Instead("POST", "/action", 100, Status(403, """{"forbidden": {"code": 403, "message": "Policy doesn't allow it"}}"""));
        await scene.Driver().TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct);
        Assert.Equal(1, scene.Cloud.Count("DELETE", $"/compute/v2.1/servers/{server.Id}"));
    }

    [Theory]
    [InlineData("force", "/action")]
    [InlineData("normal", "")]
    public async Task A_proxy_that_has_lost_its_way_has_not_ended_a_server(string delete, string path)
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        scene.Instead(path.Length > 0 ? "POST" : "DELETE", server.Id + path, 100, Status(404, "<html>404 page not found</html>", "text/html"));
        IaasException e = await FailsAsync(() => scene.Driver(delete: delete).TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct));
        Assert.Equal((IaasFailure.Unavailable, true), (e.Failure, e.EffectUnknown));
    }

    [Fact]
    public async Task A_locked_server_is_refused_with_novas_words_and_no_doubt()
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        scene.Cloud.Instead = async http =>
        {
            if (http.Request.Method is not ("DELETE" or "POST") || !http.Request.Path.Value!.Contains(server.Id, StringComparison.Ordinal)) return false;
            await Status(409, $$$"""{"conflictingRequest": {"code": 409, "message": "Instance {{{server.Id}}} is locked"}}""")(http);
            return true;
        };
        IaasException e = await FailsAsync(() => scene.Driver().TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct));
        Assert.Equal((IaasFailure.Rejected, false), (e.Failure, e.EffectUnknown));
        Assert.Contains("is locked", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_whose_answer_is_lost_is_sent_again_and_else_in_doubt()
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        OpenStackDriver driver = scene.Driver();
        scene.Instead("POST", "/action", 2, http => { http.Abort(); return Task.CompletedTask; });
        await driver.TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct);

        scene.Instead("POST", "/action", 100, Status(503));
        Assert.True((await FailsAsync(() => driver.TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct))).EffectUnknown);
    }

    [Theory]
    [InlineData(401, IaasFailure.Unauthorized)]
    [InlineData(409, IaasFailure.Rejected)]
    [InlineData(429, IaasFailure.Throttled)]
    public async Task An_end_whose_answer_was_lost_stays_in_doubt_whatever_the_next_try_meets(int status, IaasFailure failure)
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        int tries = 0;
        scene.Cloud.Instead = async http =>
        {
            if (!http.Request.Path.Value!.Contains(server.Id, StringComparison.Ordinal)) return false;
            if (Interlocked.Increment(ref tries) == 1) http.Abort();
            else await Status(status, """{"error": {"message": "no"}}""", headers: ("Retry-After", "77"))(http);
            return true;
        };
        IaasException e = await FailsAsync(() => scene.Driver().TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct));
        Assert.Equal((failure, true), (e.Failure, e.EffectUnknown));
    }

    [Fact]
    public async Task An_end_whose_answer_was_lost_stays_in_doubt_when_keystone_then_refuses_the_login()
    {
        await using Scene scene = await StartAsync();
        FakeServer server = scene.Cloud.Nova.Add("web", scene.Cloud.Now - TimeSpan.FromHours(1));
        OpenStackDriver driver = scene.Driver();
        await driver.GetScopeAsync(Ct);
        int tries = 0;
        scene.Cloud.Instead = async http =>
        {
            if (http.Request.Path.Value!.EndsWith("/action", StringComparison.Ordinal) && Interlocked.Increment(ref tries) == 1) http.Abort();
            else await Status(401, """{"error": {"message": "no"}}""")(http);
            return true;
        };
        IaasException e = await FailsAsync(() => driver.TerminateAsync(new VmTermination(server.Id, "web", "1"), Ct));
        Assert.Equal((IaasFailure.Unauthorized, true), (e.Failure, e.EffectUnknown));
    }
}
