using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;
using VmShepherd.Testing;

namespace Drivers.Tests.Runtime.Postgres;

public sealed class PostgresDriverConforms(SharedPostgres postgres) : PostgresConformance(postgres)
{
    protected override PostgresDriver Create(PostgresServer server, DriverContext context) => new(server.Options(Schema), context);
}

/// <summary>As a claimer of a hundred thousand presets does: found by lanes, not by their names.</summary>
public sealed class PostgresDriverConformsByLanes(SharedPostgres postgres) : PostgresConformance(postgres)
{
    protected override PostgresDriver Create(PostgresServer server, DriverContext context) => new(server.Options(Schema), context, namedUpTo: 0);
}

/// <summary>Behind a pgbouncer that gives each transaction another session.</summary>
public sealed class PostgresDriverConformsBehindPgbouncer(SharedPostgres postgres) : PostgresConformance(postgres)
{
    protected override PostgresDriver Create(PostgresServer server, DriverContext context) => new(server.Options(Schema, server.PoolerPort), context);
}

public abstract class PostgresConformance(SharedPostgres postgres) : RuntimeDriverConformance
{
    protected string Schema { get; } = $"t{Guid.NewGuid():N}";

    protected override TimeSpan Slack => TimeSpan.FromSeconds(5);

    protected abstract PostgresDriver Create(PostgresServer server, DriverContext context);

    protected override async Task<IRuntimeDriver> CreateInstanceAsync() => Create(await postgres.ServerAsync(), new(TimeProvider.System, new Random(1), "/"));

    protected override async Task AdvanceAsync(TimeSpan time) => await (await postgres.ServerAsync()).AdvanceAsync(Schema, time);
}
