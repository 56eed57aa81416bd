using System.Text;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Bench;

/// <summary>A temporary directory with settings and presets as an operator would write them.</summary>
sealed class Workspace : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("vmshepherd-bench-").FullName;

    public string SettingsFile => Path.Combine(Root, "settings.yaml");

    public static DriverRegistry Drivers { get; } = new(typeof(DummyIaasDriver).Assembly);

    public Workspace(int presets, int machines, string manageInterval = "60", string workerInterval = "5")
    {
        File.WriteAllText(SettingsFile, $"""
            worker_interval: {workerInterval}
            log_level: info
            runtime: {"{"}driver: InMemoryDriver{"}"}
            presets: {"{"}driver: DirectoryDriver, path: presets{"}"}
            defaults:
              iaas: {"{"}driver: DummyIaasDriver, boot_time: 0, seed: 1{"}"}
              healthcheck: {"{"}driver: DummyHealthcheck{"}"}

            """);
        string directory = Directory.CreateDirectory(Path.Combine(Root, "presets")).FullName;
        for (int i = 0; i < presets; i++) File.WriteAllText(Path.Combine(directory, $"{Name(i)}.conf"), Preset(Name(i), machines, manageInterval));
        Age(directory);
    }

    public static string Name(int number) => $"preset-{number:00000}";

    public Settings Settings()
    {
        SettingsReading reading = SettingsReader.Read(File.ReadAllBytes(SettingsFile), SettingsFile, Drivers);
        return reading.Settings ?? throw new InvalidOperationException(string.Join('\n', reading.Diagnostics));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>Files written this very moment are read again: two edits may carry one time stamp.</summary>
    static void Age(string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory)) File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromHours(1));
    }

    /// <summary>32 lines, about what a real one has.</summary>
    static string Preset(string name, int machines, string manageInterval)
    {
        var text = new StringBuilder();
        text.AppendLine($"name: {name}")
            .AppendLine($"count: {machines}")
            .AppendLine("image: debian-12-genericcloud")
            .AppendLine("flavor: m1.small")
            .AppendLine("key_name: operators")
            .AppendLine($"manage_interval: {manageInterval}")
            .AppendLine("manage_expire: 120")
            .AppendLine("network:")
            .AppendLine("  security_groups: [default, web]")
            .AppendLine("  availability_zone: nova")
            .AppendLine("meta_tags:")
            .AppendLine("  team: platform")
            .AppendLine("  stage: production")
            .AppendLine("healthcheck:")
            .AppendLine("  terminate_health_failed_delay: 60")
            .AppendLine("userdata: |");
        for (int line = 0; line < 16; line++) text.AppendLine($"  export SETTING_{line}=value-of-setting-{line}");
        return text.ToString();
    }
}
