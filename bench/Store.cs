using System.Diagnostics;
using Drivers.Tests.Runtime.Postgres;
using Npgsql;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;

namespace Bench;

/// <summary>
/// A hundred thousand presets, due at once, claimed and given back through a real PostgreSQL that flushes to disk. Floor: what the two statements cost that every such store has to send,
/// over a table that holds no more than they need, in the same batches, by as many claimers.
/// </summary>
static class Store
{
    const int Presets = 100_000, Batch = 100, Count = 3;

    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2), Interval = TimeSpan.FromMinutes(1);
    static readonly string[] Names = [.. Enumerable.Range(0, Presets).Select(Workspace.Name)];

    /// <summary>One pass over all presets.</summary>
    sealed record Pass(double PerSecond, double ServerMicroseconds, double LogBytes);

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync("log_min_messages=panic", "fsync=on", "shared_buffers=256MB", "max_wal_size=4GB");
        List<Row> rows = [];
        await using var source = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={postgres.Port};Database=shepherd;Username=shepherd;Password={PostgresServer.Password};Maximum Pool Size=40");
        await ExecuteAsync(source, $"create table bare (id int primary key, next_at timestamptz not null, token bigint); create index on bare (next_at); create sequence bare_token; insert into bare select i, now() from generate_series(1, {Presets}) i");
        foreach (int claimers in new[] { 1, 4, 16 })
        {
            List<Pass> ours = [], floor = [];
            for (int i = -1; i < Count; i++)
            {
                Pass pass = await OursAsync(postgres, source, claimers), least = await BareAsync(postgres, source, claimers);
                if (i < 0) continue; // warm-up
                ours.Add(pass);
                floor.Add(least);
            }

            double? speed = claimers == 16 ? 10_000 : null, cpu = claimers == 16 ? 60 : null;
            rows.Add(new Row($"store, claim + complete, {claimers} claimer{(claimers == 1 ? "" : "s")}: presets/s", Of(ours, pass => pass.PerSecond), Of(floor, pass => pass.PerSecond), Bound.AtLeast, speed));
            rows.Add(new Row($"store, claim + complete, {claimers} claimer{(claimers == 1 ? "" : "s")}: us of server CPU a preset", Of(ours, pass => pass.ServerMicroseconds), Of(floor, pass => pass.ServerMicroseconds), Bound.AtMost, cpu));
            if (claimers == 1) rows.Add(new Row("store, at rest, managed once a minute: bytes of WAL a preset and minute", Of(ours, pass => pass.LogBytes), Of(floor, pass => pass.LogBytes)));
        }

        return rows;
    }

    static Series Of(IEnumerable<Pass> passes, Func<Pass, double> value) => new([.. passes.Select(value)]);

    static async Task<Pass> OursAsync(PostgresServer postgres, NpgsqlDataSource source, int claimers)
    {
        PostgresDriver[] stores = [.. Enumerable.Range(0, claimers).Select(_ => new PostgresDriver(postgres.Options("bench"), new DriverContext(TimeProvider.System, new Random(1), "/")))];
        try
        {
            // The first claim of each finds out where its presets are.
            await ClaimAsync(stores[0]);
            foreach (PostgresDriver store in stores) await store.ClaimAsync(new ClaimRequest("bench", Names, 1, Lease), CancellationToken.None);
            await ExecuteAsync(source, "update bench.lease set next_at = now() - interval '1 minute', set_at = now() - interval '1 minute', held = false");
            return await MeasureAsync(postgres, source, "bench.lease", () => Task.WhenAll(stores.Select(WorkAsync)));
        }
        finally
        {
            foreach (PostgresDriver store in stores) await store.DisposeAsync();
        }

        static Task<IReadOnlyList<PresetLease>> ClaimAsync(PostgresDriver store) => store.ClaimAsync(new ClaimRequest("bench", Names, Batch, Lease), CancellationToken.None);

        static async Task WorkAsync(PostgresDriver store)
        {
            while (await ClaimAsync(store) is { Count: > 0 } leases)
            {
                bool[] given = await Task.WhenAll(leases.Select(lease => store.CompleteAsync(lease, null, Interval, CancellationToken.None)));
                if (given.Contains(false)) throw new InvalidOperationException("a lease was lost");
            }
        }
    }

    static Task<Pass> BareAsync(PostgresServer postgres, NpgsqlDataSource source, int claimers)
    {
        return AllAsync();

        async Task<Pass> AllAsync()
        {
            await ExecuteAsync(source, "update bare set next_at = now() - interval '1 minute'");
            return await MeasureAsync(postgres, source, "bare", () => Task.WhenAll(Enumerable.Range(0, claimers).Select(_ => WorkAsync())));
        }

        async Task WorkAsync()
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync();
            while (true)
            {
                await using var claim = new NpgsqlCommand($"update bare b set next_at = now() + interval '2 minutes', token = nextval('bare_token') from (select id from bare where next_at <= now() order by next_at limit {Batch} for update skip locked) d where d.id = b.id returning b.id", connection);
                List<int> ids = [];
                await using (NpgsqlDataReader reader = await claim.ExecuteReaderAsync())
                {
                    while (await reader.ReadAsync()) ids.Add(reader.GetInt32(0));
                }

                if (ids.Count == 0) return;
                await using var complete = new NpgsqlCommand("update bare set next_at = now() + interval '1 minute' where id = any($1)", connection) { Parameters = { new() { Value = ids.ToArray() } } };
                await complete.ExecuteNonQueryAsync();
            }
        }
    }

    static async Task<Pass> MeasureAsync(PostgresServer postgres, NpgsqlDataSource source, string table, Func<Task> work)
    {
        await ExecuteAsync(source, $"vacuum analyze {table}");
        await postgres.ExecuteAsync("checkpoint");
        long log = await LogAsync(postgres), started = Stopwatch.GetTimestamp();
        TimeSpan before = postgres.Cpu;
        await work();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Pass(Presets / seconds, (postgres.Cpu - before).TotalMicroseconds / Presets, (await LogAsync(postgres) - log) / (double)Presets);
    }

    static async Task<long> LogAsync(PostgresServer postgres) => (long)(decimal)(await postgres.ExecuteAsync("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))!;

    static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync();
    }
}
