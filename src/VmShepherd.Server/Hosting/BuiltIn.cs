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
    public static DriverRegistry Drivers() => new(typeof(DummyIaasDriver).Assembly, typeof(PostgresDriver).Assembly, typeof(SqliteDriver).Assembly);

    public static UserdataRenderer Userdata() => new(TimeProvider.System);
}
