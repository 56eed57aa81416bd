using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>`vmshepherd drivers test`, for a program of each kind as it lies in a plug-in folder.</summary>
public sealed class ProgramTrialTests : IDisposable
{
    const string Manifest = """
        {
          "name": "behaving", "version": "1.0.0", "sdk": "2.0.0",
          "program": ["/usr/bin/python3", "-I", "behaving.py"],
          "drivers": [
            {"group": "vmshepherd.driver.healthcheck", "name": "Dialler", "parallel": 500, "options": [{"key": "port", "type": "integer", "default": 80, "summary": "TCP port that is dialled."}]},
            {"group": "vmshepherd.driver.presets", "name": "Place", "options": [{"key": "directory", "required": true, "summary": "Where the presets are."}]},
            {"group": "vmshepherd.driver.runtime", "name": "FileStore", "parallel": 4, "options": [{"key": "directory", "required": true, "summary": "Where the store is."}]}
          ]
        }
        """;

    readonly Installation _installation = new();

    public ProgramTrialTests()
    {
        _installation.Write("plugins/behaving/plugin.json", Manifest);
        _installation.Write("plugins/behaving/behaving.py", Checkout.Read("tests/Drivers.Tests/Programs/behaving.py"));
        foreach (string file in new[] { "plugin.json", "driver.py" }) _installation.Write($"plugins/local-processes/{file}", Checkout.Read($"examples/local-processes/{file}"));
        _installation.Write("presets/web.yaml", "name: web\ncount: 1\nimage: image\nflavor: any\n");
        _installation.Write("settings.yaml", $$"""
            plugins: [plugins]
            runtime: {driver: FileStore, directory: {{_installation.Folder}}}
            presets: {driver: Place, directory: {{_installation.Folder}}/presets}
            defaults:
              iaas: {driver: LocalProcesses, directory: machines, quota: 100, images: {image: exec sleep 1000} }
              healthcheck: {driver: Dialler}
            """);
    }

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("LocalProcesses", "A failure leaves as IaasException and never reads as empty or unknown", "--machines-run-at-once", "--unreachable", "directory=settings.yaml")]
    [InlineData("Dialler", "A machine where nobody listens has failed", "--only", "A machine where nobody listens has failed")]
    [InlineData("Place", "Every source has an origin of its own and content or a problem")]
    [InlineData("FileStore", "A document comes back byte for byte", "--only", "A document comes back byte for byte")]
    public async Task A_program_of_each_kind_is_tried_by_the_sentences_of_its_contract(string driver, string sentence, params string[] options)
    {
        await using var process = VmShepherdProcess.Start(["drivers", "test", driver, "-c", _installation.SettingsFile, .. options]);
        int code = await process.ExitsAsync();
        Assert.True(code == 0, process.Output + process.Errors);
        Assert.Contains($"ok    {sentence}", process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", process.Output, StringComparison.Ordinal);
    }
}
