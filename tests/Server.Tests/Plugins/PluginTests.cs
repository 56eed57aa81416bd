using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Plugins;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>Assemblies with drivers in folders of their own.</summary>
public sealed class PluginTests : IDisposable
{
    readonly Installation _installation = new();
    readonly PluginFolder _plugins;

    public PluginTests() => _plugins = new PluginFolder(_installation);

    public void Dispose() => _installation.Dispose();

    DriversFound Search(params (string Driver, string Source)[] sources) => DriverSearch.Run(
        new PluginSettings { Folders = ["plugins"], Sources = sources.ToDictionary(s => s.Driver, s => s.Source) }, _installation.Folder);

    string Refusal() => Assert.Single(Search().Refused).Text;

    [Fact]
    public async Task A_plug_in_is_used_with_its_own_version_of_a_library_that_the_program_uses_too()
    {
        _plugins.Add("sample");
        DriverDeclaration driver = Search().Drivers.Find(DriverGroup.Healthcheck, "YamlCheck")!;
        string? said = null;
        var check = (IHealthcheckDriver)driver.Create(driver.NewOptions(), new DriverContext(TimeProvider.System, new Random(1), "/") { Log = line => said = line });
        Verdict verdict = await check.CheckAsync(new Vm("7", "web", VmState.Running, null), TestContext.Current.CancellationToken);

        Assert.Equal("version 2.0.0.0", Assert.IsType<Verdict.Failed>(verdict).Reason);
        Assert.Equal("checks 7", said);
        Assert.NotEqual(new Version(2, 0, 0, 0), typeof(SharpYaml.YamlException).Assembly.GetName().Version);
    }

    [Fact]
    public void What_a_plug_in_declares_is_known_before_it_is_loaded()
    {
        _plugins.Add("not-yet");
        DriversFound found = Search();
        Assert.Empty(found.Refused);
        Assert.Contains("vmshepherd.driver.healthcheck YamlCheck not-yet", found.Drivers.Offers.Select(o => $"{o.Group} {o.Name} {o.Source}"));
        Assert.DoesNotContain(System.Runtime.Loader.AssemblyLoadContext.All, context => context.Name == "not-yet");
        Assert.NotNull(found.Drivers.Find(DriverGroup.Healthcheck, "YamlCheck"));
        Assert.Contains(System.Runtime.Loader.AssemblyLoadContext.All, context => context.Name == "not-yet");
    }

    [Theory]
    [InlineData("3.0.0", "was built for version 3.0.0 of the driver SDK, this VmShepherd has 2.0.0: upgrade VmShepherd")]
    [InlineData("2.9.1", "was built for version 2.9.1 of the driver SDK, this VmShepherd has 2.0.0: upgrade VmShepherd")]
    [InlineData("1.4.0", "was built for version 1.4.0 of the driver SDK, this VmShepherd has 2.0.0: build it for the newer one")]
    [InlineData("soon", "'sdk' is 'soon': expected the version of VmShepherd.Abstractions it was built for, as 2.0.0")]
    public void A_plug_in_of_another_SDK_is_refused_with_both_versions(string sdk, string reason)
    {
        _plugins.Add("sample", sdk);
        Assert.Contains(reason, Refusal(), StringComparison.Ordinal);
        Assert.Null(Search().Drivers.Find(DriverGroup.Healthcheck, "YamlCheck"));
    }

    [Theory]
    [InlineData("""{"name": "a b", "version": "1", "sdk": "2.0.0", "assembly": "a.dll"}""", "'name' is 'a b': expected 1 to 100 letters")]
    [InlineData("""{"name": "a", "version": "", "sdk": "2.0.0", "assembly": "a.dll"}""", "'version' is ''")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "assembly": "../a.dll"}""", "expected the name of a file beside the manifest")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0"}""", "expected either 'assembly', the dll that holds the drivers, or 'program'")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "assembly": "a.dll", "asembly": 1}""", "asembly")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "assembly": "absent.dll"}""", "absent.dll")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "assembly": "plugin.json"}""", "no assembly that can be read")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "assembly": "SharpYaml.dll"}""", "does not reference VmShepherd.Abstractions")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "assembly": "VmShepherd.Abstractions.dll"}""", "does not reference VmShepherd.Abstractions")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": ["p"], "drivers": [null]}""", "plugin.json: 'drivers' has a null")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": [null], "drivers": []}""", "plugin.json: 'program' is empty")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": ["p", null], "drivers": []}""", "plugin.json: 'program' has a null")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": ["p"], "environment": ["LANG", "LANG"], "drivers": []}""", "plugin.json: 'environment' is ['LANG', 'LANG']")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": ["p"], "environment": [null], "drivers": []}""", "plugin.json: 'environment'")]
    [InlineData("""{"name": "a", "name": "b", "version": "1", "sdk": "2.0.0", "assembly": "a.dll"}""", "plugin.json: ")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": ["p"], "drivers": [{"group": "vmshepherd.driver.healthcheck", "name": "x", "options": [null]}]}""", "plugin.json: x: 'options' has a null")]
    [InlineData("""{"name": "a", "version": "1", "sdk": "2.0.0", "program": ["p"], "drivers": [{"group": "vmshepherd.driver.healthcheck", "name": "x", "options": [{"key": "k", "summary": "s", "type": "map", "default": {"a": "1", "a": "2"}}]}]}""", "plugin.json: ")]
    [InlineData("[]", "plugin.json")]
    [InlineData("null", "expected an object")]
    [InlineData("{", "plugin.json")]
    public void A_manifest_that_is_wrong_is_refused_by_its_file_and_key(string manifest, string reason)
    {
        string file = Path.Combine(_plugins.Add("sample"), "plugin.json");
        File.WriteAllText(file, manifest);
        Assert.Contains(reason, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_manifest_and_one_that_is_not_there_are_said()
    {
        Assert.Contains("there is no such folder", Refusal(), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_plugins.Root, "empty"));
        Assert.Contains("plugin.json", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_drivers_of_one_name_are_refused_by_name_unless_the_settings_choose()
    {
        _plugins.Add("one");
        _plugins.Add("two");
        DriverRegistry drivers = Search().Drivers;
        Assert.Null(drivers.Find(DriverGroup.Healthcheck, "YamlCheck"));
        Assert.Equal("one and two offer it: choose one in the settings, as driver_sources: {YamlCheck: one}", drivers.WhyNot(DriverGroup.Healthcheck, "YamlCheck"));
        Assert.Equal("two", Search(("YamlCheck", "two")).Drivers.Find(DriverGroup.Healthcheck, "YamlCheck")!.Source);
        Assert.NotNull(Search(("YamlCheck", "three")).Drivers.WhyNot(DriverGroup.Healthcheck, "YamlCheck"));
    }

    [Fact]
    public void Two_plug_ins_of_one_name_are_one_and_a_refusal()
    {
        _plugins.Add("same", folder: "a");
        string second = _plugins.Add("same", folder: "b");
        Diagnostic refused = Assert.Single(Search().Refused);
        Assert.Equal(second, refused.File);
        Assert.Contains($"its name is 'same', as that of {Path.Combine(_plugins.Root, "a")}", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_is_no_driver_is_refused_when_it_is_asked_for_and_the_others_work()
    {
        _plugins.Add("sample");
        DriverRegistry drivers = Search().Drivers;
        Assert.Contains("does not implement IHealthcheckDriver", drivers.WhyNot(DriverGroup.Healthcheck, "NoCheck"), StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: made to fail", drivers.WhyNot(DriverGroup.Healthcheck, "RaisedCheck"), StringComparison.Ordinal);
        Assert.NotNull(drivers.Find(DriverGroup.Healthcheck, "YamlCheck"));
        Assert.DoesNotContain(drivers.Drivers, driver => driver.Name is "NoCheck" or "RaisedCheck");
    }

    [Theory]
    [InlineData("plugins", "chmod go-w it")]
    [InlineData("plugins/sample", "chmod go-w it")]
    [InlineData("plugins/sample/plugin.json", "chmod go-w it")]
    [InlineData("plugins/sample/SharpYaml.dll", "chmod go-w it")]
    public void What_others_may_write_is_not_trusted(string path, string reason)
    {
        _plugins.Add("sample");
        string file = Path.Combine(_installation.Folder, path);
        PluginFolder.Change(file, "g+w");
        string refusal = Refusal();
        Assert.Contains(file, refusal, StringComparison.Ordinal);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
        Assert.Null(Search().Drivers.Find(DriverGroup.Healthcheck, "YamlCheck"));
    }

    [Fact]
    public void What_belongs_to_another_user_is_not_trusted()
    {
        // The one thing of somebody else that every machine has where these tests run: the user of PostgreSQL owns it.
        const string Others = "/var/lib/postgresql";
        Directory.CreateSymbolicLink(Path.Combine(_plugins.Add("sample"), "link"), Others);
        Assert.Contains($"{Others} belongs to user ", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_refused_for_one_plug_in_is_refused_for_the_next()
    {
        _plugins.Add("one");
        _plugins.Add("two");
        PluginFolder.Change(_plugins.Root, "g+w");
        Assert.Equal(2, Search().Refused.Count);
    }

    [Fact]
    public void A_link_is_trusted_if_what_it_leads_to_is()
    {
        string elsewhere = Path.Combine(_installation.Folder, "elsewhere");
        File.WriteAllText(elsewhere, "");
        File.CreateSymbolicLink(Path.Combine(_plugins.Add("sample"), "link"), elsewhere);
        Assert.Empty(Search().Refused);
        PluginFolder.Change(elsewhere, "o+w");
        Assert.Contains(elsewhere, Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_linked_folder_holds_is_looked_at_too()
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_installation.Folder, "elsewhere", "inner")).FullName;
        string file = Path.Combine(elsewhere, "library.py");
        File.WriteAllText(file, "");
        Directory.CreateSymbolicLink(Path.Combine(_plugins.Add("sample"), "link"), Path.GetDirectoryName(elsewhere)!);
        Assert.Empty(Search().Refused);
        PluginFolder.Change(file, "o+w");
        Assert.Contains(file, Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plugins/sample")]
    [InlineData("plugins/sample/part")]
    public void A_folder_of_a_plug_in_that_everybody_may_add_to_is_not_trusted(string path)
    {
        Directory.CreateDirectory(Path.Combine(_plugins.Add("sample"), "part"));
        string folder = Path.Combine(_installation.Folder, path);
        PluginFolder.Change(folder, "1777");
        Assert.Contains($"{folder} can be written by others", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_in_a_circle_are_no_endless_way()
    {
        string folder = _plugins.Add("sample");
        File.CreateSymbolicLink(Path.Combine(folder, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(folder, "b"), "a");
        Directory.CreateSymbolicLink(Path.Combine(folder, "self"), ".");
        _ = Search();
    }
}
