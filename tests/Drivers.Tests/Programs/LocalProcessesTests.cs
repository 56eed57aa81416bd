using System.Text.Json.Nodes;
using VmShepherd.Abstractions;
using Xunit;

namespace Drivers.Tests.Programs;

/// <summary>What the example in Python takes for a machine of its own: a number of a process is soon another's.</summary>
public sealed class LocalProcessesTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("boot")]
    [InlineData("started")]
    public async Task A_process_that_only_has_the_number_of_a_machine_is_neither_alive_nor_ended(string member)
    {
        var program = Sample.Describe(DriverGroup.Iaas, "LocalProcesses", "driver.py") with { Folder = Path.Combine(Sample.Examples, "local-processes") };
        var options = new Dictionary<string, object?> { ["directory"] = "machines", ["quota"] = 100L, ["images"] = new Dictionary<string, string> { ["image"] = "exec sleep 1000" } };
        var cloud = (IIaasDriver)program.Create(options, Sample.Context(_folder.FullName));
        await using var _ = (IAsyncDisposable)cloud;
        string id = await cloud.CreateAsync(new VmRequest("web", "i1", "image", "small"), Ct);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(_folder.FullName, "machines"), "*.json")), before = await File.ReadAllTextAsync(file, Ct);
        JsonNode record = JsonNode.Parse(before)!;
        int number = (int)record["process"]!["pid"]!;
        record["process"]![member] = "another's";
        await File.WriteAllTextAsync(file, record.ToJsonString(), Ct);

        Assert.Equal(VmState.Terminated, (await cloud.FindAsync(id, Ct))!.State);
        await cloud.TerminateAsync(new VmTermination(id, "web", "1.1"), Ct);
        Assert.True(Directory.Exists($"/proc/{number}"), "a stranger was ended");

        await File.WriteAllTextAsync(file, before, Ct);
        Assert.Equal(VmState.Running, (await cloud.FindAsync(id, Ct))!.State);
        await cloud.TerminateAsync(new VmTermination(id, "web", "1.1"), Ct);
        Assert.Null(await cloud.FindAsync(id, Ct));
    }
}
