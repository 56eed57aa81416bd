using VmShepherd.Abstractions;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>What the doctor says, and that it changes nothing.</summary>
public sealed class DoctorTests
{
    [Fact]
    public async Task All_that_presets_name_is_looked_for_and_nothing_is_changed()
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Nova.Quota = 4;
        VmRequest good = Request() with { KeyName = "ops", Networks = ["net"], SecurityGroups = ["default"], AvailabilityZone = "nova" };
        VmRequest bad = Request("bad") with { Image = "none", Flavor = "none", KeyName = "none", Networks = ["none"], SecurityGroups = ["none"], AvailabilityZone = "none" };
        IReadOnlyList<Finding> findings = await scene.Driver(serverGroup: "apart").ExamineAsync([new Wish(good, 3), new Wish(bad, 2)], Ct);

        Assert.Equal(["login", "catalog", "catalog", "catalog", "microversion", "server_group"], findings.Where(finding => finding.IsGood && finding.Preset is null).Select(finding => finding.Subject));
        Assert.Equal(["image", "flavor", "network", "security group", "key", "availability zone"], findings.Where(finding => finding.IsGood && finding.Preset == "web").Select(finding => finding.Subject));
        Assert.Equal(["image", "flavor", "network", "security group", "key", "availability zone"], findings.Where(finding => !finding.IsGood && finding.Preset == "bad").Select(finding => finding.Subject));
        Assert.Contains("4 servers, 0 are used, these presets want 5", Assert.Single(findings, finding => finding.Subject == "quota" && !finding.IsGood).Text, StringComparison.Ordinal);
        Assert.Equal(["/v3/auth/tokens"], scene.Cloud.Calls.Where(call => call.Method != "GET").Select(call => call.Path));
    }

    [Fact]
    public async Task Without_a_login_only_that_is_said()
    {
        await using Scene scene = await StartAsync();
        Finding finding = Assert.Single(await scene.Driver(password: "wr0ng").ExamineAsync([new Wish(Request(), 1)], Ct));
        Assert.Equal((false, "login"), (finding.IsGood, finding.Subject));
        Assert.DoesNotContain("wr0ng", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_none_is_a_finding_too()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("GET", "/limits", 1, Status(200, "<html>"));
        IReadOnlyList<Finding> findings = await scene.Driver().ExamineAsync([new Wish(Request(), 1)], Ct);
        Assert.Equal("quota", Assert.Single(findings, finding => !finding.IsGood).Subject);
    }
}
