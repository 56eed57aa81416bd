using System.Globalization;
using System.Reflection;
using Npgsql;

namespace VmShepherd.Drivers.Postgres;

/// <summary>Tables of the version that this program knows. Whoever comes first makes or changes them, and the others wait.</summary>
sealed class Schema(NpgsqlDataSource source, string name)
{
    const string Suffix = ".sql";

    static readonly IReadOnlyList<(int Number, string Resource)> Migrations =
    [
        .. typeof(Schema).Assembly.GetManifestResourceNames().Where(resource => resource.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(resource => (int.Parse(resource.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), resource)).Order(),
    ];

    readonly string _quoted = Quote(name);

    volatile bool _isCurrent;

    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <exception cref="SchemaException">The tables are not as this program needs them, and it can't or must not change them.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        if (_isCurrent) return;
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        if (Check(await VersionAsync(connection, cancellationToken)) is false) await MigrateAsync(connection, cancellationToken);
        _isCurrent = true;
    }

    /// <summary>Whether there are tables to read from; makes and changes none.</summary>
    /// <exception cref="SchemaException">They are of a newer version.</exception>
    public async ValueTask<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        if (_isCurrent) return true;
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        int version = await VersionAsync(connection, cancellationToken);
        return Check(version) || version > 0;
    }

    /// <returns>Whether nothing is to be done.</returns>
    bool Check(int version) => version <= Migrations[^1].Number
        ? version == Migrations[^1].Number
        : throw new SchemaException($"schema {name} is of version {version}, this program knows versions up to {Migrations[^1].Number}: a newer vmshepherd has been here, start that one");

    /// <returns>Zero = there is nothing.</returns>
    async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            // From the tables themselves: a name looked up before a lock was waited for may be remembered as missing.
            await using var there = new NpgsqlCommand("select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'migration')", connection)
            {
                Parameters = { new() { Value = name } },
            };
            if (await there.ExecuteScalarAsync(cancellationToken) is not true) return 0;
            await using var version = new NpgsqlCommand($"select coalesce(max(number), 0) from {_quoted}.migration", connection);
            return Convert.ToInt32(await version.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Forbidden(refused);
        }
    }

    async Task MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginBoundedAsync(cancellationToken);

            // Ends with the transaction: no session is needed, and nobody who dies leaves it behind.
            await using var @lock = new NpgsqlCommand("select pg_advisory_xact_lock(hashtextextended($1, 0))", connection) { Parameters = { new() { Value = $"vmshepherd migration {name}" } } };
            await @lock.ExecuteNonQueryAsync(cancellationToken);
            int version = await VersionAsync(connection, cancellationToken);
            if (!Check(version)) await MigrateFromAsync(version, connection, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Forbidden(refused);
        }
    }

    async Task MigrateFromAsync(int version, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        string prepare = version > 0 ? "" : $"create schema if not exists {_quoted}; create table {_quoted}.migration (number int primary key, applied_at timestamptz not null default now());";
        string path = _quoted.Replace("'", "''", StringComparison.Ordinal);
        await ExecuteAsync($"{prepare} select set_config('search_path', '{path}', true)", connection, cancellationToken);
        foreach ((int number, string resource) in Migrations.Where(migration => migration.Number > version))
        {
            await ExecuteAsync(Read(resource), connection, cancellationToken);
            await ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"insert into migration (number) values ({number})"), connection, cancellationToken);
        }
    }

    static async Task ExecuteAsync(string sql, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static string Read(string resource)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    SchemaException Forbidden(PostgresException refused) =>
        new($"the user may not read or make the tables in schema {name} ({refused.MessageText}): let the owner run the migrations and grant the rights, as docs/drivers/postgres.md says");
}

/// <summary>Only a person can help: another program, another user, more rights.</summary>
sealed class SchemaException(string message) : Exception(message);
