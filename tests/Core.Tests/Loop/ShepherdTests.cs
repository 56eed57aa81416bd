using System.Net;
using System.Text;
using Core.Tests.Safety;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using VmShepherd.Drivers.Iaas.Dummy;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>The loop as a whole, with the drivers that come with the program, on files in a folder of its own.</summary>
public sealed class ShepherdTests : IAsyncDisposable
{
    static readonly DriverRegistry Drivers = new(typeof(DummyIaasDriver).Assembly);

    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");
    readonly Shepherd _shepherd;

    public ShepherdTests()
    {
        byte[] text = Encoding.UTF8.GetBytes("""
            runtime: {driver: InMemoryDriver}
            presets: {driver: DirectoryDriver, path: presets}
            defaults: {iaas: {driver: DummyIaasDriver, boot_time: 0}}
            """);
        Settings settings = SettingsReader.Read(text, "settings.yaml", Drivers, _ => null).Settings!;
        _shepherd = new Shepherd(settings, Drivers, new FakeUserdata(), _folder.FullName, "instance", _time, new Random(1), NullLoggerFactory.Instance);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    void Write(string name, string more = "")
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "presets"));
        File.WriteAllText(Path.Combine(_folder.FullName, "presets", $"{name}.conf"), $"name: {name}\ncount: 2\nimage: debian\nflavor: small\n{more}\n");
    }

    /// <summary>What is due after a while, once.</summary>
    Task<bool> PassAsync()
    {
        _time.Advance(TimeSpan.FromMinutes(2));
        return _shepherd.RunOnceAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _shepherd.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_request_for_a_preset_whose_driver_cannot_be_made_is_refused_once_and_the_others_are_kept()
    {
        Write("web");
        Write("torn", "iaas: {connect: 'http://127.0.0.1:1', serve_http: 8080}"); // each is right, together they are not
        await PassAsync();
        await _shepherd.Requests.LeaveAsync("torn", new Request.Terminate("r1", "anna", "vm1"), Ct);
        Assert.False(await PassAsync());

        Answer? answer = await _shepherd.Requests.FindAnswerAsync("torn", "r1", Ct);
        Assert.False(answer?.Done);
        Assert.Contains("connect", answer!.Text, StringComparison.Ordinal);
        Assert.Equal(CycleOutcome.Failed, _shepherd.Board.Find("torn")!.Outcome);
        await PassAsync();
        Assert.Equal(2, _shepherd.Board.Find("web")!.Present);
        Assert.Empty(_shepherd.Board.Find("torn")!.Answers); // it waited for nobody: it was answered and is gone
    }

    [Fact]
    public async Task After_a_look_that_failed_the_machines_of_the_last_good_one_are_shown()
    {
        using var cloud = new SimulatedCloud(_time, seed: 1);
        DummyCloudServer server = await DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), cloud, Ct);
        await using (server)
        {
            Write("web", $"iaas: {{connect: '{server.Url}'}}");
            for (int i = 0; i < 3; i++) await PassAsync();
            Assert.Equal(2, _shepherd.Board.Find("web")!.Machines.Count);
        }

        Assert.False(await PassAsync());
        CycleReport report = _shepherd.Board.Find("web")!;
        Assert.Equal(CycleOutcome.Failed, report.Outcome);
        Assert.Equal((2, 2), (report.Machines.Count, report.Present));
    }

    [Fact]
    public async Task Presets_that_cannot_be_read_do_not_pass_for_nothing_to_do()
    {
        Assert.False(await PassAsync());
        PresetPlan plan = Assert.Single(await _shepherd.PlanAsync([], Ct));
        Assert.Null(plan.Plan);
        Assert.Contains("presets", Assert.Single(plan.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_has_a_word_for_trouble_of_the_whole_place()
    {
        PresetPlan plan = Assert.Single(await _shepherd.PlanAsync([], Ct)); // there is no folder of presets
        Assert.Equal("presets", plan.Preset);
        Assert.Contains("can't be read", Assert.Single(plan.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_asks_for_a_new_look_while_everything_ends_is_not_kept_waiting()
    {
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();
        await _shepherd.RunAsync(stopping.Token);

        await _shepherd.LookAgainAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
    }
}
