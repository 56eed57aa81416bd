namespace VmShepherd.Server.Tests.Running;

/// <summary>A settings file with its presets, in a folder of its own.</summary>
public sealed class Installation : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");

    public Installation(string settings = "") => WriteSettings(settings);

    public string Folder => _folder.FullName;

    public string SettingsFile => Path.Combine(Folder, "settings.yaml");

    /// <summary>Quick, on loopback, without a real check; <paramref name="more"/> is put below.</summary>
    public void WriteSettings(string more = "", string iaas = "boot_time: 0") => Write("settings.yaml", $"""
        worker_interval: 0.1
        runtime: {"{"}driver: InMemoryDriver{"}"}
        presets: {"{"}driver: DirectoryDriver, path: presets{"}"}
        defaults:
          iaas: {"{"}driver: DummyIaasDriver, {iaas}{"}"}
          healthcheck: {"{"}driver: DummyHealthcheck{"}"}
        {more}
        """);

    /// <summary>Another store than memory.</summary>
    public void UseRuntime(string runtime) => Write("settings.yaml", File.ReadAllText(SettingsFile).Replace("runtime: {driver: InMemoryDriver}", $"runtime: {runtime}", StringComparison.Ordinal));

    public void WritePreset(string name, int count, string more = "") => Write($"presets/{name}.conf", $"""
        name: {name}
        count: {count}
        image: debian
        flavor: small
        manage_interval: 0
        startup_grace: 0
        {more}
        """);

    public string Write(string path, string text)
    {
        string file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
