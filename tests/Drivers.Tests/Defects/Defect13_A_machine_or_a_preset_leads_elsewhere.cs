using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Healthchecks.Http;
using VmShepherd.Drivers.Presets;
using VmShepherd.Testing;
using Xunit;

namespace Drivers.Tests.Defects;

/// <summary>There, the check followed redirects, so a machine could make the controller fetch any address and be called healthy for it; and <c>file://</c> left its root.</summary>
public sealed class Defect13_A_machine_or_a_preset_leads_elsewhere
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_redirect_to_a_healthy_address_is_not_followed_and_does_not_pass()
    {
        await using var healthy = new LoopbackGuest((caller, stop) => AnswerAsync(caller, "HTTP/1.1 200 OK\r\n\r\n", stop));
        await using var cunning = new LoopbackGuest((caller, stop) => AnswerAsync(caller, $"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{healthy.Port}/\r\n\r\n", stop));
        var check = new HttpHealthcheck(new HttpHealthcheckOptions { Port = cunning.Port, ReadTimeout = TimeSpan.FromSeconds(10) }, new DriverContext(TimeProvider.System, new Random(1), "/"));

        Verdict verdict = await check.CheckAsync(new Vm("vm", "web", VmState.Running, null) { Addresses = [IPAddress.Loopback.ToString()] }, Stop);

        Assert.Equal(new Verdict.Failed("answered 302, expected 200"), verdict);
        Assert.Equal(0, healthy.Connections);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../secret")]
    [InlineData("link")]
    public async Task A_preset_reads_no_file_outside_its_directory(string path)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmshepherd-defect13-");
        try
        {
            string presets = folder.CreateSubdirectory("presets").FullName;
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "secret"), "secret", Stop);
            await File.WriteAllTextAsync(Path.Combine(presets, "web.conf"), "name: web", Stop);
            File.CreateSymbolicLink(Path.Combine(presets, "link"), "../secret");
            var driver = new DirectoryDriver(new DirectoryDriverOptions { Path = presets }, new DriverContext(new FakeTimeProvider(), new Random(1), "/"));
            IPresetFiles files = Assert.Single((await driver.LoadAsync(Stop)).Sources).Files!;

            await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync(path, 1000, Stop));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task AnswerAsync(Socket caller, string answer, CancellationToken stop)
    {
        await caller.ReceiveAsync(new byte[4096], stop);
        await caller.SendAsync(Encoding.ASCII.GetBytes(answer), stop);
    }
}
