namespace VmShepherd.Drivers.Programs;

/// <summary>A driver that is a program: what its plug-in's manifest says of it.</summary>
/// <param name="Group">The entry point.</param>
/// <param name="Driver">What stands behind <c>driver:</c>.</param>
/// <param name="Command">The program, absolute, and its arguments.</param>
/// <param name="Folder">Where it is started: the plug-in's.</param>
public sealed record ProgramDescription(string Group, string Driver, IReadOnlyList<string> Command, string Folder)
{
    /// <summary>All of the environment that it gets: names and values.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>For one call, from when it is sent.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls that it takes side by side; further ones wait for their turn.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>What it may have of memory (data segment), in bytes.</summary>
    public long Memory { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Of an IaaS driver: <see cref="Abstractions.IIaasDriver.VisibilityGrace"/>.</summary>
    public TimeSpan VisibilityGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A driver of the group that is this program.</summary>
    /// <param name="options">By their keys; durations as <see cref="TimeSpan"/>.</param>
    /// <param name="context">As every driver gets it.</param>
    public object Create(IReadOnlyDictionary<string, object?> options, Abstractions.DriverContext context)
    {
        var channel = new ProgramChannel(this, options, context);
        return Group switch
        {
            Abstractions.DriverGroup.Iaas => new ProgramIaasDriver(channel, VisibilityGrace),
            Abstractions.DriverGroup.Presets => new ProgramPresetDriver(channel),
            Abstractions.DriverGroup.Runtime => new ProgramRuntimeDriver(channel),
            Abstractions.DriverGroup.Healthcheck => new ProgramHealthcheck(channel),
            _ => throw new ArgumentException($"there is no group '{Group}'", nameof(options)),
        };
    }
}
