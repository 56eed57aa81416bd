using System.Text.Json;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Cli;

/// <summary>Each command by its exit code, its data on stdout and its talk on stderr.</summary>
public sealed class CommandTests : IDisposable
{
    readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("run")]
    [InlineData("-c")]
    [InlineData("-c x -p 70000")]
    [InlineData("-c x -p many")]
    [InlineData("-c x -l loud")]
    [InlineData("-c x --no-such-option")]
    [InlineData("validate")]
    [InlineData("plan")]
    [InlineData("plan -c x -o xml")]
    [InlineData("userdata -c x")]
    [InlineData("schema")]
    [InlineData("schema everything")]
    [InlineData("manage web")]
    [InlineData("accept-scope web --server not-an-address")]
    [InlineData("dummy-cloud")]
    [InlineData("dummy-cloud --listen 0.0.0.0:0")]
    [InlineData("dummy-cloud --listen 127.0.0.1:0 --lost-answers 2")]
    public async Task Misuse_ends_with_64_and_leaves_stdout_empty(string arguments)
    {
        (int code, string output, string errors) = await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(64, code);
        Assert.Empty(output);
        Assert.Contains("vmshepherd --help", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_and_version_are_data()
    {
        Assert.Equal(0, (await RunAsync("--help")).Code);
        Assert.Matches(@"^\d+\.\d+\.\d+", (await RunAsync("--version")).Output);
    }

    [Fact]
    public async Task Drivers_are_listed_by_group_name_and_source()
    {
        (int code, string output, _) = await RunAsync("drivers");

        Assert.Equal(0, code);
        Assert.Contains("vmshepherd.driver.iaas DummyIaasDriver VmShepherd.Drivers\n", output, StringComparison.Ordinal);
        Assert.All(output.Trim().Split('\n'), line => Assert.Equal(3, line.Split(' ').Length));
    }

    [Theory]
    [InlineData("settings", "runtime", "presets")]
    [InlineData("preset", "name", "count")]
    public async Task A_schema_is_written_for_editors(string of, params string[] required)
    {
        (int code, string output, string errors) = await RunAsync("schema", of);

        Assert.Equal((0, ""), (code, errors));
        Assert.EndsWith("}\n", output, StringComparison.Ordinal);
        JsonElement schema = JsonSerializer.Deserialize<JsonElement>(output);
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.GetProperty("$schema").GetString());
        string?[] listed = [.. schema.GetProperty("required").EnumerateArray().Select(key => key.GetString())];
        Assert.All(required, key => Assert.Contains(key, listed));
        Assert.Contains(of == "preset" ? "DummyIaasDriver" : "GitRepoDriver", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_finds_every_mistake_in_its_place()
    {
        _installation.WritePreset("good", 1);
        Assert.Equal(0, (await RunAsync("validate", "-c", _installation.SettingsFile)).Code);

        string bad = _installation.Write("presets/bad.conf", "name: bad\ncount: many\nimage: debian\n");
        string template = _installation.Write("presets/file.conf", "name: file\ncount: 1\nimage: a\nflavor: b\nuserdata: file://missing\n");
        string wrong = _installation.Write("presets/wrong.conf", "name: wrong\ncount: 1\nimage: a\nflavor: b\nuserdata: |\n  #cloud-config\n  {% fro x in y %}\n");
        (int code, string output, _) = await RunAsync("validate", "-c", _installation.SettingsFile);

        Assert.Equal(78, code);
        Assert.Contains($"{bad}:2:", output, StringComparison.Ordinal);
        Assert.Contains("flavor", output, StringComparison.Ordinal);
        Assert.Contains($"{template}:5:11 userdata: userdata file://missing: ", output, StringComparison.Ordinal);
        Assert.Contains($"{wrong}:5:11 userdata: userdata line 2: TemplateSyntaxError: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_settings_end_every_command_that_reads_them_with_78()
    {
        string file = _installation.Write("bad.yaml", "runtime: 5\nworker_interval: soon\n");
        foreach (string[] arguments in new string[][] { ["-c", file], ["-c", file, "-1"], ["validate", "-c", file], ["plan", "-c", file], ["doctor", "-c", file], ["userdata", "-c", file, "web"], ["-c", file + ".absent"] })
        {
            (int code, _, _) = await RunAsync(arguments);
            Assert.True(code == 78, $"{string.Join(' ', arguments)}: {code}");
        }
    }

    [Fact]
    public async Task The_doctor_looks_at_each_account_and_says_what_is_wrong()
    {
        _installation.WritePreset("web", 2);
        (int good, string output, string errors) = await RunAsync("doctor", "-c", _installation.SettingsFile);
        Assert.True(good == 0, output + errors);
        Assert.Contains("DummyIaasDriver of web\n  ok     login: dummy:local\n", output, StringComparison.Ordinal);

        _installation.Write("presets/away.conf", "name: away\ncount: 1\nimage: a\nflavor: b\niaas: {driver: OpenStackDriver, auth_url: 'http://127.0.0.1:1', username: u, password: pl4nted}\n");
        (int wrong, string told, _) = await RunAsync("doctor", "-c", _installation.SettingsFile);
        Assert.Equal(1, wrong);
        Assert.Contains("  WRONG  login: login: keystone: no connection to 127.0.0.1:1", told, StringComparison.Ordinal);
        Assert.DoesNotContain("pl4nted", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_cycle_ends_with_0_or_with_1_when_a_preset_is_frozen()
    {
        _installation.WritePreset("web", 2);
        (int good, string output, string errors) = await RunAsync("-c", _installation.SettingsFile, "-1");
        Assert.True(good == 0, errors);
        Assert.Empty(output);

        _installation.Write("presets/bad.conf", "name: bad\n");
        Assert.Equal(1, (await RunAsync("-c", _installation.SettingsFile, "-1")).Code);
    }

    [Fact]
    public async Task A_plan_is_a_table_or_JSON_and_its_exit_code_tells_of_steps()
    {
        _installation.WritePreset("web", 2);

        (int code, string output, _) = await RunAsync("plan", "-c", _installation.SettingsFile, "-o", "json");
        Assert.Equal(0, code);
        JsonElement plan = JsonSerializer.Deserialize<JsonElement>(output);
        Assert.NotEqual("", plan.GetProperty("revision").GetString());
        JsonElement web = Assert.Single(plan.GetProperty("presets").EnumerateArray());
        Assert.Equal(("web", 2, 0), (web.GetProperty("name").GetString(), web.GetProperty("desired").GetInt32(), web.GetProperty("present").GetInt32()));

        (code, output, _) = await RunAsync("plan", "-c", _installation.SettingsFile, "web");
        Assert.Equal(0, code);
        Assert.StartsWith("PRESET  DESIRED  PRESENT", output, StringComparison.Ordinal);

        bool hasSteps = web.GetProperty("steps").GetArrayLength() > 0;
        Assert.Equal(hasSteps ? 2 : 0, (await RunAsync("plan", "-c", _installation.SettingsFile, "--detailed-exitcode")).Code);
        Assert.Equal(1, (await RunAsync("plan", "-c", _installation.SettingsFile, "nope")).Code);
    }

    [Fact]
    public async Task Userdata_is_written_byte_by_byte()
    {
        _installation.WritePreset("web", 1, "userdata: \"#cloud-config\\nkey: \\u00e4\"");
        _installation.WritePreset("bad", 1, "userdata: file://missing");
        _installation.WritePreset("tagged", 1, "meta_tags: {role: ä, nr: 010}\nuserdata: \"{% for k, v in meta_tags.items() %}{{ k }}: {{ v }}\\r\\n{% endfor %}\\n\\n\"");
        _installation.WritePreset("undefined", 1, "userdata: \"{{ nope.nope }}\"");

        (int code, string output, _) = await RunAsync("userdata", "-c", _installation.SettingsFile, "web");

        Assert.Equal((0, "#cloud-config\nkey: ä"), (code, output));
        Assert.Equal((0, "role: ä\nnr: 8\n\n"), await DataAsync("userdata", "-c", _installation.SettingsFile, "tagged"));
        (code, output, string errors) = await RunAsync("userdata", "-c", _installation.SettingsFile, "undefined");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("userdata line 1: UndefinedError: 'nope' is undefined", errors, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("userdata", "-c", _installation.SettingsFile, "bad")).Code);
        Assert.Equal(1, (await RunAsync("userdata", "-c", _installation.SettingsFile, "nope")).Code);
    }

    [Fact]
    public async Task A_running_server_is_asked_over_its_API()
    {
        _installation.WritePreset("web", 1);
        await using RunningServer server = await RunningServer.StartAsync(_installation);
        await server.MachinesAsync("web", 1);
        string url = server.Http.BaseAddress!.ToString();

        Assert.Equal((0, "OK\n"), await DataAsync("manage", "web", "--server", url));
        Assert.Equal((0, "OK\n"), await DataAsync("accept-scope", "web", "--server", url));
        Assert.Equal((0, "OK\n"), await DataAsync("pause", "web", "--reason", "a test", "--server", url));
        Assert.Contains("(a test)", (await RunAsync("plan", "web", "--server", url)).Output, StringComparison.Ordinal);
        Assert.Equal((0, "OK\n"), await DataAsync("resume", "web", "--server", url));
        (int code, string output, _) = await RunAsync("plan", "web", "--server", url, "-o", "json", "--detailed-exitcode");
        Assert.Equal(0, code);
        Assert.Contains("\"name\":\"web\"", output, StringComparison.Ordinal);

        (code, _, string errors) = await RunAsync("manage", "nope", "--server", url);
        Assert.Equal(1, code);
        Assert.Contains("unknown preset 'nope'", errors, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("manage", "web", "--server", "http://127.0.0.1:1")).Code);
    }

    [Fact]
    public async Task Several_servers_share_a_dummy_cloud()
    {
        string ledger = Path.Combine(_installation.Folder, "ledger");
        await using VmShepherdProcess cloud = VmShepherdProcess.Start("dummy-cloud", "--listen", "127.0.0.1:0", "--ledger", ledger, "--boot-time", "0");
        await cloud.SaysAsync("dummy cloud at http://");
        string url = cloud.Errors[cloud.Errors.IndexOf("http://", StringComparison.Ordinal)..].Trim();
        _installation.WriteSettings(iaas: $"connect: {url}");
        _installation.WritePreset("web", 2);
        await using RunningServer server = await RunningServer.StartAsync(_installation);

        string[] vms = await server.MachinesAsync("web", 2);

        Assert.All(vms, vm => Assert.Contains(vm, File.ReadAllText(ledger), StringComparison.Ordinal));
        await cloud.SignalAsync("TERM");
        Assert.Equal(0, await cloud.ExitsAsync());
    }

    static async Task<(int Code, string Output)> DataAsync(params string[] arguments)
    {
        (int code, string output, _) = await RunAsync(arguments);
        return (code, output);
    }

    static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using VmShepherdProcess process = VmShepherdProcess.Start(arguments);
        int code = await process.ExitsAsync();
        return (code, process.Output, process.Errors);
    }
}
