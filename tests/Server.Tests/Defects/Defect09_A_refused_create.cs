using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Defects;

/// <summary>There, a refused create was logged without the reason but with the userdata.</summary>
public sealed class Defect09_A_refused_create
{
    [Fact]
    public async Task Is_logged_with_the_reason_and_without_the_userdata()
    {
        using var installation = new Installation();
        installation.WriteSettings(iaas: "boot_time: 0, quota: 1");
        installation.WritePreset("web", 2, "userdata: 'password: planted-secret'");
        await using RunningServer server = await RunningServer.StartAsync(installation);

        await server.Process.SaysAsync("quota");
        await server.MachinesAsync("web", 1);

        Assert.Contains("QuotaReached", server.Process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("planted-secret", server.Process.Errors + server.Process.Output, StringComparison.Ordinal);
    }
}
