using System.Collections.ObjectModel;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Drivers.Postgres;
using VmShepherd.Drivers.Sqlite;

namespace VmShepherd.Server.Hosting;

/// <summary>What comes with the program: the one place that names it.</summary>
static class BuiltIn
{
    /// <summary>Declared and found as anybody's drivers are.</summary>
    /// <param name="sources">Which source is meant where plug-ins offer a driver of the same name.</param>
    public static DriverRegistry Drivers(IReadOnlyDictionary<string, string>? sources = null) =>
        new(typeof(DummyIaasDriver).Assembly, typeof(PostgresDriver).Assembly, typeof(SqliteDriver).Assembly) { Sources = sources ?? ReadOnlyDictionary<string, string>.Empty };

    public static UserdataRenderer Userdata() => new(TimeProvider.System);
}
