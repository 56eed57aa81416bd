using Drivers.Tests.Runtime.Postgres;
using Npgsql;
using VmShepherd.Drivers.Postgres;

namespace Instances.Tests.Chaos;

/// <summary>
/// Lets PostgreSQL itself write down each grant, renewal and return of a lease, in the same transaction: a trigger that the program under test knows nothing of. What was rolled back was never granted;
/// what was committed stands there, whether anybody was told or not.
/// </summary>
static class StoreWitness
{
    /// <summary>Makes the store's tables, as the first instance would, and watches them. Before anybody claims.</summary>
    public static async Task WatchAsync(PostgresServer server, string schema)
    {
        await using (var driver = new PostgresDriver(server.Options(schema), new(TimeProvider.System, new Random(1), "/"))) await driver.CheckAsync(TestContext.Current.CancellationToken);
        await server.ExecuteAsync($"""
            create table {schema}.witness (number bigserial primary key, at timestamptz not null default clock_timestamp(), op text not null, preset text not null, token text not null, until timestamptz);
            create function {schema}.bear_witness() returns trigger language plpgsql security definer as $$
            begin
                if (new.timeline, new.counter) is distinct from (old.timeline, old.counter) then
                    insert into {schema}.witness (op, preset, token, until) values ('grant', new.preset, new.timeline || '.' || new.counter, new.next_at);
                elsif old.held and not new.held then
                    insert into {schema}.witness (op, preset, token) values ('give_back', new.preset, new.timeline || '.' || new.counter);
                elsif new.held and new.next_at is distinct from old.next_at then
                    insert into {schema}.witness (op, preset, token, until) values ('renew', new.preset, new.timeline || '.' || new.counter, new.next_at);
                end if;
                return null;
            end $$;
            create trigger bears_witness after update on {schema}.lease for each row execute function {schema}.bear_witness();
            """, "shepherd");
    }

    public static async Task<IReadOnlyList<LedgerLine>> ReadAsync(PostgresServer server, string schema)
    {
        List<LedgerLine> lines = [];
        await using var source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={server.Port};Database=shepherd;Username=admin;Password={PostgresServer.Password};Pooling=false");
        await using NpgsqlCommand command = source.CreateCommand($"select at, op, preset, token, until from {schema}.witness order by at, number");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            lines.Add(new LedgerLine(reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetString(2), Token: reader.GetString(3), Until: reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4)));
        return lines;
    }

    /// <summary>Presets that were granted so many times since then.</summary>
    public static async Task<long> ManagedAsync(PostgresServer server, string schema, DateTimeOffset since, int times) =>
        (long)(await server.ExecuteAsync($"select count(*) from (select from {schema}.witness where op = 'give_back' and at > '{since:O}' group by preset having count(*) >= {times}) managed", "shepherd"))!;
}
