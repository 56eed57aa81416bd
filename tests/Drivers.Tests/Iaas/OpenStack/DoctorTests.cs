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

        Assert.Equal(["login", "catalog", "catalog", "catalog", "microversion", "quota", "quota", "server_group"], findings.Where(finding => finding.IsGood && finding.Preset is null).Select(finding => finding.Subject));
        Assert.Equal(["image", "flavor", "network", "security group", "key", "availability zone"], findings.Where(finding => finding.IsGood && finding.Preset == "web").Select(finding => finding.Subject));
        Assert.Equal(["image", "flavor", "network", "security group", "key", "availability zone"], findings.Where(finding => !finding.IsGood && finding.Preset == "bad").Select(finding => finding.Subject));
        Assert.Contains("4 servers, 0 are used, these presets want 5", Assert.Single(findings, finding => finding.Subject == "quota" && !finding.IsGood).Text, StringComparison.Ordinal);
        Assert.Equal(["/v3/auth/tokens"], scene.Cloud.Calls.Where(call => call.Method != "GET").Select(call => call.Path));
    }

    [Theory]
    [InlineData(10, -1, 2, "10 cores, 2 are used, these presets want 11 (not counting flavor 'none'): not all can be had")]
    [InlineData(-1, 4_000, 3, "4000 MiB of memory, 1024 are used, these presets want 5632 (not counting flavor 'none'): not all can be had")]
    [InlineData(11, 5_632, 0, "")]
    public async Task Cores_and_memory_are_counted_as_the_flavors_have_them(int cores, int memory, int place, string wrong)
    {
        await using Scene scene = await StartAsync();
        (scene.Cloud.Nova.Cores, scene.Cloud.Nova.Memory) = (cores, memory);
        scene.Cloud.Nova.Flavors.Add(FakeNova.Item("m1.large", "3", ("vcpus", 4), ("ram", 2048), ("disk", 5)));
        for (int i = 0; i < 2; i++) scene.Cloud.Nova.Add("web", scene.Cloud.Now);
        VmRequest large = Request("large") with { Flavor = "m1.large" }, unknown = Request("unknown") with { Flavor = "none" };
        IReadOnlyList<Finding> findings = await scene.Driver().ExamineAsync([new Wish(Request(), 3), new Wish(large, 2), new Wish(unknown, 100)], Ct);

        Finding[] quotas = [.. findings.Where(finding => finding.Subject == "quota")];
        Assert.Equal(3, quotas.Length);
        if (wrong.Length == 0) Assert.All(quotas, quota => Assert.True(quota.IsGood, quota.Text));
        else Assert.Equal(wrong, Assert.Single(quotas, quota => !quota.IsGood).Text);
        if (wrong.Length > 0) Assert.Same(quotas[place - 1], quotas.Single(quota => !quota.IsGood));
    }

    [Fact]
    public async Task A_quota_is_not_called_good_when_the_flavors_could_not_be_read()
    {
        await using Scene scene = await StartAsync();
        (scene.Cloud.Nova.Cores, scene.Cloud.Nova.Memory) = (1, 1);
        scene.Instead("GET", "/flavors/detail", 100, Status(503));
        IReadOnlyList<Finding> findings = await scene.Driver().ExamineAsync([new Wish(Request(), 3)], Ct);
        Assert.Equal([true, false], findings.Where(finding => finding.Subject == "quota").Select(finding => finding.IsGood));
        Assert.DoesNotContain(findings, finding => finding.Text.Contains("want 0", StringComparison.Ordinal));
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
