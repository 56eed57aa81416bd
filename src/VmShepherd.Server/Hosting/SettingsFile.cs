using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Plugins;

namespace VmShepherd.Server.Hosting;

/// <summary>The settings file on disk.</summary>
static class SettingsFile
{
    const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The drivers it leads to, and what it says by them. What was refused on the way is among the diagnostics.</summary>
    public static (DriverRegistry Drivers, SettingsReading Reading) Open(string file)
    {
        DriversFound found = FindDrivers(file);
        SettingsReading reading = Read(file, found.Drivers);
        return (found.Drivers, reading with { Diagnostics = [.. found.Refused, .. reading.Diagnostics] });
    }

    /// <param name="file"><see langword="null"/> = as without settings.</param>
    public static DriversFound FindDrivers(string? file)
    {
        if (file is null) return DriverSearch.Run(new PluginSettings(), "/");
        try
        {
            // What is wrong with the file is said when all of it is read.
            return DriverSearch.Run(new FileInfo(file).Length > MaxBytes ? new PluginSettings() : SettingsReader.ReadPlugins(File.ReadAllBytes(file), file), DirectoryOf(file));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return DriverSearch.Run(new PluginSettings(), "/");
        }
    }

    public static SettingsReading Read(string file, DriverRegistry drivers)
    {
        try
        {
            var info = new FileInfo(file);
            if (info.Length > MaxBytes) return Unreadable(file, $"the file is larger than {MaxBytes} bytes");
            DateTimeOffset changedAt = info.LastWriteTimeUtc;
            SettingsReading reading = SettingsReader.Read(File.ReadAllBytes(file), file, drivers);
            return reading.Settings is not { } settings ? reading : reading with { Settings = settings with { Defaults = settings.Defaults with { ChangedAt = changedAt } } };
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return Unreadable(file, $"can't be read: {failed.Message}");
        }
    }

    /// <summary>What relative paths in the settings are relative to.</summary>
    public static string DirectoryOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";

    static SettingsReading Unreadable(string file, string why) => new(null, [new Diagnostic(Severity.Error, file, 0, 0, "", why)]);
}
