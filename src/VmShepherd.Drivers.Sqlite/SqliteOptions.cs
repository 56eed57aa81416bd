using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Sqlite;

/// <summary>Options of <see cref="SqliteDriver"/>.</summary>
public sealed class SqliteOptions
{
    [Option("path", "The file, relative to the settings file's directory; made, with its directory, if it is missing.", Required = true)]
    public string Path { get; init; } = "";
}
