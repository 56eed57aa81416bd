using System.Diagnostics;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>A folder of plug-ins that the settings of an installation name.</summary>
public sealed class PluginFolder(Installation installation)
{
    /// <summary>What building tests/SamplePlugin made.</summary>
    static string Built { get; } = Path.Combine(AppContext.BaseDirectory, "..", "..", "SamplePlugin", new DirectoryInfo(AppContext.BaseDirectory).Name);

    public string Root => Path.Combine(installation.Folder, "plugins");

    /// <summary>Puts the sample plug-in there under this name; answers its folder.</summary>
    public string Add(string name, string sdk = "2.0.0", string version = "1.0.0", string assembly = "SamplePlugin.dll", string? folder = null)
    {
        string target = Path.Combine(Root, folder ?? name);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Built)) File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(target, "plugin.json"), $$"""{"name": "{{name}}", "version": "{{version}}", "sdk": "{{sdk}}", "assembly": "{{assembly}}"}""");
        return target;
    }

    /// <summary>As chmod does.</summary>
    public static void Change(string file, string mode)
    {
        using var chmod = Process.Start(new ProcessStartInfo("/bin/chmod", [mode, file]))!;
        chmod.WaitForExit();
        Assert.Equal(0, chmod.ExitCode);
    }
}
