using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>Plug-ins as the commands and the running service see them.</summary>
public sealed class PluginCommandTests : IDisposable
{
    readonly Installation _installation = new("plugins: [plugins]");
    readonly PluginFolder _plugins;

    public PluginCommandTests() => _plugins = new PluginFolder(_installation);

    public void Dispose() => _installation.Dispose();

    static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = VmShepherdProcess.Start(arguments);
        return (await process.ExitsAsync(), process.Output, process.Errors);
    }

    [Fact]
    public async Task Drivers_of_plug_ins_are_listed_with_their_source_and_shown_with_their_options()
    {
        _plugins.Add("sample");
        (int code, string output, string errors) = await RunAsync("drivers", "-c", _installation.SettingsFile);
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("vmshepherd.driver.healthcheck YamlCheck sample\n", output, StringComparison.Ordinal);
        Assert.Contains("vmshepherd.driver.iaas DummyIaasDriver VmShepherd.Drivers\n", output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync("drivers", "show", "YamlCheck", "-c", _installation.SettingsFile);
        Assert.Equal(0, code);
        Assert.Equal(
            "YamlCheck (vmshepherd.driver.healthcheck) of sample\n"
            + "  answer, say: a string; default version\n      What to say.\n"
            + "  url: a string; endpoint\n      Where the key is sent.\n"
            + "  key: a string; secret; or environment SAMPLE_PLUGIN_KEY\n      To get in.\n"
            + "  patience: seconds from 1 to 9; default 2.5\n      Seconds.\n", output);

        (code, _, errors) = await RunAsync("drivers", "show", "YamlChek", "-c", _installation.SettingsFile);
        Assert.Equal(1, code);
        Assert.Contains("did you mean 'YamlCheck'?", errors, StringComparison.Ordinal);
        Assert.Contains($"looked in the program itself, {_plugins.Root}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preset_is_managed_with_a_driver_of_a_plug_in_and_its_log_line_is_ours()
    {
        _plugins.Add("sample");
        _installation.WritePreset("web", 1, "healthcheck: {driver: YamlCheck, answer: hello}");
        await using RunningServer server = await RunningServer.StartAsync(_installation);
        await server.Process.SaysAsync("YamlCheck: checks");
        await server.Process.SaysAsync("checks failed: hello 2.0.0.0");
    }

    [Fact]
    public async Task An_unknown_driver_is_answered_with_what_there_is_and_where_it_was_looked_for()
    {
        string sample = _plugins.Add("sample", sdk: "7.1.0");
        _installation.WritePreset("web", 1, "healthcheck: {driver: YamlCheck}");
        (int code, string output, _) = await RunAsync("validate", "-c", _installation.SettingsFile);
        Assert.Equal(78, code);
        Assert.Contains("healthcheck.driver: unknown driver 'YamlCheck': there are DummyHealthcheck, HttpHealthcheck; looked in the program itself, ", output, StringComparison.Ordinal);
        Assert.Contains($"{sample} (not used: sample 1.0.0 was built for version 7.1.0 of the driver SDK, this VmShepherd has 2.0.0: upgrade VmShepherd)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_of_a_plug_in_are_checked_hidden_and_in_the_schema_as_ours_are()
    {
        _plugins.Add("sample");
        _installation.WritePreset("web", 1, "healthcheck: {driver: YamlCheck, anwser: x, patience: 10, key: hunter2}");
        (int code, string output, _) = await RunAsync("validate", "-c", _installation.SettingsFile);
        Assert.Equal(78, code);
        Assert.Contains("healthcheck.anwser: warning: YamlCheck has no such option, did you mean 'answer'?", output, StringComparison.Ordinal);
        Assert.Contains("healthcheck.patience: expected seconds from 1 to 9, this is '10'", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);

        (_, string schema, _) = await RunAsync("schema", "preset", "-c", _installation.SettingsFile);
        Assert.Contains("Where the key is sent.", schema, StringComparison.Ordinal);
        Assert.Contains("\"YamlCheck\"", schema, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inherited_secrets_do_not_follow_an_endpoint_of_a_plug_in_that_a_preset_changes()
    {
        _plugins.Add("sample");
        _installation.WriteSettings("plugins: [plugins]");
        string text = await File.ReadAllTextAsync(_installation.SettingsFile, TestContext.Current.CancellationToken);
        _installation.Write("settings.yaml", text.Replace("{driver: DummyHealthcheck}", "{driver: YamlCheck, url: 'http://ours', key: hunter2}", StringComparison.Ordinal));
        _installation.WritePreset("web", 1, "healthcheck: {url: 'http://theirs'}");
        (_, string output, _) = await RunAsync("validate", "-c", _installation.SettingsFile);
        Assert.Contains("this preset overrides 'url'", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_without_plug_ins_says_nothing_of_them()
    {
        _installation.WriteSettings();
        _installation.WritePreset("web", 1);
        (int code, _, string errors) = await RunAsync("-c", _installation.SettingsFile, "-1");
        Assert.Equal(0, code);
        Assert.DoesNotContain("plug", errors, StringComparison.OrdinalIgnoreCase);
    }
}
