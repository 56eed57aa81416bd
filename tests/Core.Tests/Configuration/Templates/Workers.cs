using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Core.Tests.Configuration.Templates;

/// <summary>Template workers as the kernel sees them.</summary>
static class Workers
{
    internal static int[] Of(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0).Where(id => id > 0)
            .Where(id => Read(id, "status").Contains($"\nPPid:\t{parent}\n", StringComparison.Ordinal) && Read(id, "cmdline").Contains("Renders templates for VmShepherd", StringComparison.Ordinal)),
    ];

    internal static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (IOException)
        {
            return ""; // it has ended meanwhile
        }
    }

    internal static async Task KillAsync(int id)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/kill", ["-KILL", id.ToString(CultureInfo.InvariantCulture)]))!;
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        while (Read(id, "cmdline").Length > 0) await Task.Delay(10, TestContext.Current.CancellationToken);
    }
}
