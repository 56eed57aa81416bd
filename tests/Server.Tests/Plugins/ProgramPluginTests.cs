using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>Programs out of order in a service that runs: they harm nobody else, and everybody can read what is wrong.</summary>
public sealed partial class ProgramPluginTests : IDisposable
{
    const string Manifest = """
        {
          "name": "misbehaving", "version": "1.0.0", "sdk": "2.0.0",
          "program": ["/usr/bin/python3", "-I", "misbehaving.py"], "memory": 128,
          "drivers": [{"group": "vmshepherd.driver.iaas", "name": "Cloud", "deadline": 2, "visibility_grace": 0, "options": [
            {"key": "scope", "summary": "How to answer."},
            {"key": "start", "summary": "How to begin."},
            {"key": "password", "summary": "Of nobody.", "secret": true},
            {"key": "url", "summary": "Where the password goes.", "endpoint": true},
            {"key": "seconds", "type": "number", "default": 0.5, "min": 0, "max": 9, "summary": "For a late answer."}
          ]}]
        }
        """;

    static readonly TimeSpan Watched = TimeSpan.FromSeconds(15);

    readonly Installation _installation = new("plugins: [plugins]");

    public ProgramPluginTests()
    {
        _installation.Write("plugins/misbehaving/plugin.json", Manifest);
        _installation.Write("plugins/misbehaving/misbehaving.py", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Plugins", "misbehaving.py")));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _installation.Dispose();

    [Fact]
    public async Task Programs_out_of_order_delay_no_other_preset_and_stand_in_the_reports()
    {
        string[] ways = ["die", "hang", "flood", "flood-answers", "garbage", "leak"];
        foreach (string way in ways) _installation.WritePreset(way, 1, $"iaas: {{driver: Cloud, scope: {way}}}");
        _installation.WritePreset("good", 2);
        await using var process = VmShepherdProcess.Start("-c", _installation.SettingsFile, "-p", "0", "-l", "debug");
        await process.SaysAsync("good: at rest");
        await Task.Delay(Watched, Ct);
        long memory = await ResidentAsync(process.Id);
        string log = process.Errors;

        DateTimeOffset[] cycles = [.. AtRest().Matches(log).Select(line => DateTimeOffset.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture))];
        TimeSpan longest = cycles.Zip(cycles.Skip(1), (one, next) => next - one).Max();
        Assert.True(longest <= TimeSpan.FromSeconds(2), $"the good preset waited {longest} between two cycles");
        Assert.True(memory < 600 * 1024 * 1024, $"{memory} bytes");
        foreach (string reason in new[]
                 {
                     "Cloud scope: it ended with exit code 3", "Cloud scope: no answer within 2 s", "Cloud scope: it wrote a message of more than 32 MiB",
                     "Cloud scope: it wrote an answer that nobody waits for", "Cloud scope: it wrote what is no JSON-RPC message", "Cloud: MemoryError", "it may be started again in 2 s",
                 })
            Assert.Contains(reason, log, StringComparison.Ordinal);
        Assert.All(ways, way => Assert.Matches($@"{way}: Failed, .*Cloud", log));
    }

    [Fact]
    public async Task A_program_that_hangs_ends_with_a_service_that_is_killed()
    {
        _installation.Write("plugins/misbehaving/plugin.json", Manifest.Replace("\"deadline\": 2", "\"deadline\": 600", StringComparison.Ordinal));
        _installation.WritePreset("hang", 1, "iaas: {driver: Cloud, scope: hang}");
        await using var process = VmShepherdProcess.Start("-c", _installation.SettingsFile, "-p", "0");
        await process.SaysAsync(" for long");
        int program = int.Parse(HangsAs().Match(process.Errors).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(IsRunning(program));
        await process.SignalAsync("KILL");
        await process.ExitsAsync();
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (IsRunning(program) && System.Diagnostics.Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20)) await Task.Delay(20, Ct);
        Assert.False(IsRunning(program), "it runs still, for nobody");

        static bool IsRunning(int id)
        {
            try
            {
                return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false; // gone, maybe in this moment
            }
        }
    }

    [Fact]
    public async Task Options_of_a_program_are_checked_hidden_inherited_and_in_the_schema_as_ours_are()
    {
        _installation.WriteSettings("plugins: [plugins]", iaas: "url: 'http://ours', password: hunter2");
        string settings = await File.ReadAllTextAsync(_installation.SettingsFile, Ct);
        _installation.Write("settings.yaml", settings.Replace("driver: DummyIaasDriver", "driver: Cloud", StringComparison.Ordinal));
        _installation.WritePreset("web", 1, "iaas: {url: 'http://theirs', socpe: x, seconds: 10}");
        (int code, string output) = await RunAsync("validate", "-c", _installation.SettingsFile);
        Assert.Equal(78, code);
        Assert.Contains("iaas.socpe: warning: Cloud has no such option, did you mean 'scope'?", output, StringComparison.Ordinal);
        Assert.Contains("iaas.seconds: expected a number from 0 to 9, this is '10'", output, StringComparison.Ordinal);
        Assert.Contains("this preset overrides 'url'", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);

        Assert.Contains("password: a string; secret\n", (await RunAsync("drivers", "show", "Cloud", "-c", _installation.SettingsFile)).Output, StringComparison.Ordinal);
        JsonElement schema = JsonSerializer.Deserialize<JsonElement>((await RunAsync("schema", "preset", "-c", _installation.SettingsFile)).Output);
        Assert.Contains("\"For a late answer.\"", schema.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"visibility_grace\": 0,", "", "expected 'visibility_grace', 0 to 86400 seconds")]
    [InlineData("\"deadline\": 2", "\"deadline\": 0", "'deadline' is 0: expected 0.1 to 600 seconds")]
    [InlineData("\"number\"", "\"float\"", "option 'seconds' is of type 'float': expected one of text, flag, integer, number, seconds, list, map")]
    [InlineData("0.5", "\"half\"", "option 'seconds': 'default' is half, which is no number")]
    [InlineData("\"memory\": 128", "\"memory\": 1", "'memory' is 1: expected 16 to 1048576 MiB")]
    [InlineData("vmshepherd.driver.iaas", "vmshepherd.driver.cloud", "there are vmshepherd.driver.iaas")]
    [InlineData("\"key\": \"start\"", "\"key\": \"scope\"", "declares the option 'scope' twice")]
    public async Task A_mistake_in_the_manifest_of_a_program_is_said_with_its_place(string right, string wrong, string reason)
    {
        Assert.Contains(right, Manifest, StringComparison.Ordinal);
        _installation.Write("plugins/misbehaving/plugin.json", Manifest.Replace(right, wrong, StringComparison.Ordinal));
        (int code, string output) = await RunAsync("drivers", "show", "Cloud", "-c", _installation.SettingsFile);
        Assert.Equal(1, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        await using var process = VmShepherdProcess.Start(arguments);
        int code = await process.ExitsAsync();
        return (code, process.Output + (code == 0 ? "" : process.Errors));
    }

    static async Task<long> ResidentAsync(int id) =>
        1024 * long.Parse(Resident().Match(await File.ReadAllTextAsync($"/proc/{id}/status", Ct)).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*(\S+Z) dbug: VmShepherd\[1001\] good: at rest", RegexOptions.Multiline)]
    private static partial Regex AtRest();

    [GeneratedRegex(@"hangs as (\d+) for long")]
    private static partial Regex HangsAs();

    [GeneratedRegex(@"^VmRSS:\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Resident();
}
