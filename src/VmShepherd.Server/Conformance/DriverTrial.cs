using System.Security.Cryptography;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Conformance;

/// <summary>The driver on trial, as the settings configure it, and what the suites must know that no settings say.</summary>
/// <param name="Name">Of the driver.</param>
/// <param name="Settings">Of the file.</param>
/// <param name="Drivers">Found by it.</param>
sealed record DriverTrial(string Name, Settings Settings, DriverRegistry Drivers)
{
    /// <summary>Image and flavor of the machines that are created.</summary>
    public string Image { get; init; } = "image";
    public string Flavor { get; init; } = "flavor";

    /// <summary>False where a machine runs in the very moment it is asked for.</summary>
    public bool MachinesBoot { get; init; } = true;

    /// <summary>Options that lead to an IaaS nobody answers for; empty = none are known.</summary>
    public IReadOnlyDictionary<string, object?> Unreachable { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>Of a health check: the option that holds the port it dials.</summary>
    public string PortOption { get; init; } = "port";

    /// <summary>Makes an instance of its own.</summary>
    /// <param name="group">Its entry point.</param>
    /// <param name="changed">Options that replace those of the settings.</param>
    /// <exception cref="CommandException">The settings do not configure it.</exception>
    public T Create<T>(string group, IReadOnlyDictionary<string, object?>? changed = null) where T : class
    {
        var context = new DriverContext(TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), SettingsFile.DirectoryOf(Settings.File)) { Log = Console.Error.WriteLine };
        return new DriverPool(Drivers, context).Get<T>(Reference(group, changed));
    }

    public DriverReference Reference(string group, IReadOnlyDictionary<string, object?>? changed = null)
    {
        (DriverReference? reference, string section) = group switch
        {
            DriverGroup.Runtime => (Settings.Runtime, "runtime"),
            DriverGroup.Presets => (Settings.Presets, "presets"),
            DriverGroup.Iaas => (Preset("iaas", changed).Iaas, "defaults.iaas"),
            _ => (Preset("healthcheck", changed).Healthcheck, "defaults.healthcheck"),
        };
        return reference?.Name == Name ? reference : throw new CommandException($"{Settings.File} does not use {Name}: name it with its options under '{section}'");
    }

    /// <summary>Presets are where the options of these drivers are made whole.</summary>
    Preset Preset(string section, IReadOnlyDictionary<string, object?>? changed)
    {
        var document = new Dictionary<string, object?> { ["name"] = "conformance", ["count"] = 0L, ["image"] = Image, ["flavor"] = Flavor };
        if (changed is not null) document[section] = changed;
        var source = new PresetSource(Settings.File, "", new PresetContent.Document(document));
        PresetReading reading = new PresetReader(Drivers).Read(source, Settings with { MayOverride = [.. changed?.Keys ?? []] });
        return reading.Preset ?? throw new CommandException(string.Join('\n', reading.Diagnostics), ExitCode.BadConfiguration);
    }
}
