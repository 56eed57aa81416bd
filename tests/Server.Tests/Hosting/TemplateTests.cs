using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Hosting;

/// <summary>Templates in the running process, and what the kernel says of the worker that renders them.</summary>
public sealed class TemplateTests : IDisposable
{
    const string Template = "userdata: \"{{ name }} {{ count }}\"";

    readonly Installation _installation = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task No_worker_outlives_its_parent(string signal)
    {
        _installation.WritePreset("web", 1, Template);
        await using RunningServer server = await RunningServer.StartAsync(_installation);
        await server.MachinesAsync("web", 1);
        int worker = Assert.Single(WorkersOf(server.Process.Id));

        await server.Process.SignalAsync(signal);
        await server.Process.ExitsAsync();

        while (Read(worker, "cmdline").Length > 0) await Task.Delay(20, Ct);
    }

    [Fact]
    public async Task Not_even_one_that_hangs_in_a_template_outlives_a_killed_parent()
    {
        _installation.WritePreset("hung", 1, "userdata: \"{{ (10 ** (10 ** 9)) % 7 }}\"");
        await using RunningServer server = await RunningServer.StartAsync(_installation);
        int[] workers = [];
        while ((workers = WorkersOf(server.Process.Id)).Length == 0) await Task.Delay(10, Ct);
        await Task.Delay(500, Ct); // it has read the template, or will find the end of its input: both must end it

        await server.Process.SignalAsync("KILL");

        while (Array.Exists(workers, worker => Read(worker, "cmdline").Length > 0)) await Task.Delay(20, Ct);
    }

    [Fact]
    public async Task The_worker_can_open_nothing_start_nothing_and_is_nobody()
    {
        _installation.WritePreset("web", 1, Template);
        await using RunningServer server = await RunningServer.StartAsync(_installation, ("PLANTED", "secret"));
        await server.MachinesAsync("web", 1);
        int worker = Assert.Single(WorkersOf(server.Process.Id));

        string status = Read(worker, "status"), limits = Read(worker, "limits");

        Assert.Contains("\nNoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Contains("\nUid:\t65534\t65534\t65534\t65534\n", status, StringComparison.Ordinal);
            Assert.Matches(@"\nGroups:\s*\n", status);
            Assert.Contains("\nCapEff:\t0000000000000000\n", status, StringComparison.Ordinal);
        }

        Assert.Matches(@"Max open files\s+0\s+0", limits);
        Assert.Matches(@"Max processes\s+0\s+0", limits);
        Assert.Matches(@"Max file size\s+0\s+0", limits);
        Assert.Matches(@"Max core file size\s+0\s+0", limits);
        Assert.Matches(@"Max address space\s+536870912\s+536870912", limits);
        Assert.Matches(@"Max cpu time\s+\d+\s", limits);
        Assert.Empty(Read(worker, "environ"));
    }

    [Fact]
    public async Task Its_health_and_its_work_are_shown()
    {
        _installation.WritePreset("web", 1, Template);
        await using RunningServer server = await RunningServer.StartAsync(_installation);
        await server.MachinesAsync("web", 1);

        Assert.Equal("ok\ntemplates: ok (1 worker, 0 restarts)\n", await server.Http.GetStringAsync(new Uri("/readyz?verbose", UriKind.Relative), Ct));
        Assert.Contains("\nvmshepherd_template_renders_total{result=\"ok\"} ", await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_is_told_before_a_machine_is_needed_and_stops_nobody_else()
    {
        _installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(_installation);
        await server.MachinesAsync("web", 1);

        _installation.WritePreset("web", 1, "userdata: \"{% fro %}\"");
        _installation.WritePreset("hung", 1, "userdata: \"{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}\"");
        _installation.WritePreset("good", 2, Template);

        await server.Process.SaysAsync("web: AtRest, 1 of 1 present; problem: no machine could be created: userdata line 1: TemplateSyntaxError: Encountered unknown tag 'fro'.");
        await server.MachinesAsync("good", 2);
        await server.Process.SaysAsync("held by userdata");
        await server.MachinesAsync("web", 1);
        await server.MachinesAsync("hung", 0);
    }

    static int[] WorkersOf(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0).Where(id => id > 0)
            .Where(id => Read(id, "status").Contains($"\nPPid:\t{parent}\n", StringComparison.Ordinal) && Read(id, "cmdline").Contains("Renders templates for VmShepherd", StringComparison.Ordinal)),
    ];

    static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended meanwhile
        }
    }
}
