using System.Diagnostics;
using System.Text.Json;
using Drivers.Tests;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Hosting;

/// <summary>The example that strangers run first, at other ports.</summary>
public sealed class ExampleTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_example_shows_its_machines_and_replaces_one_that_hangs()
    {
        using var installation = new Installation();
        int guests = Ports.Free(), control = Ports.Free();
        foreach (string file in Directory.GetFiles(Example(), "*", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file).Replace("18080", $"{guests}", StringComparison.Ordinal).Replace("8889", $"{control}", StringComparison.Ordinal);
            installation.Write(Path.GetRelativePath(Example(), file), text);
        }

        long began = Stopwatch.GetTimestamp();
        await using RunningServer server = await RunningServer.StartAsync(installation);
        string[] before = await server.MachinesAsync("web", 3);
        await server.MachinesAsync("worker", 5);
        await server.MachinesAsync("batch", 2);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));

        using HttpResponseMessage hung = await server.Http.PostAsync(new Uri($"http://127.0.0.1:{control}/vms/{before[0]}/hang"), null, Ct);
        Assert.True(hung.IsSuccessStatusCode);
        began = Stopwatch.GetTimestamp();
        JsonElement machines = default;
        do
        {
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(45));
            await Task.Delay(100, Ct);
            machines = (await server.ResultAsync("list_vms", "web"))[1];
        }
        while (machines.TryGetProperty(before[0], out _) || machines.EnumerateObject().Count(vm => vm.Value.GetProperty("state").GetString() == "running") < 3);

        Assert.All(before[1..], vm => Assert.True(machines.TryGetProperty(vm, out _), vm));
    }

    static string Example() => Path.Combine(Checkout.Root, "config");
}
