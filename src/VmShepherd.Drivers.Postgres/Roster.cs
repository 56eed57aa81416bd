using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace VmShepherd.Drivers.Postgres;

/// <summary>How a claimer's presets are found in the store without naming each of them.</summary>
/// <param name="Version">Of the lanes in the store: it holds as long as this does.</param>
/// <param name="Count">How many names there were.</param>
/// <param name="Names">A few are named; <see langword="null"/> = they are found by lanes.</param>
/// <param name="Lanes">Those they are in.</param>
/// <param name="Except">Others in these lanes.</param>
sealed record Roster(long Version, int Count, string[]? Names, long[] Lanes, string[] Except);

/// <summary>
/// A claimer names the same hundred thousand presets again and again. The store knows them by lanes: presets that were first named together have one number,
/// and an index over (lane, next_at) finds the due ones. Who joins a lane later changes <see cref="Roster.Version"/>, so that nobody claims what it did not name.
/// </summary>
sealed class Rosters(NpgsqlDataSource source, Statements sql, int namedUpTo)
{
    const int MaxLanes = 32, MaxExcept = 100;

    /// <summary>Enrolled in one transaction: what is done stays done when the claimer loses its patience.</summary>
    const int Batch = 25_000;

    readonly ConditionalWeakTable<IReadOnlyCollection<string>, Roster> _known = [];

    public async ValueTask<Roster> OfAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(presets, out Roster? roster) && roster.Count == presets.Count) return roster;
        int count = presets.Count;
        string[] names = [.. presets.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        roster = names.Length <= namedUpTo ? await NameAsync(connection, names, count, cancellationToken) : await FindAsync(connection, names, count, cancellationToken);
        _known.AddOrUpdate(presets, roster);
        return roster;
    }

    public void Drop(IReadOnlyCollection<string> presets) => _known.Remove(presets);

    async Task<Roster> NameAsync(NpgsqlConnection connection, string[] names, int count, CancellationToken cancellationToken)
    {
        long version = await VersionAsync(connection, cancellationToken);
        await ExecuteAsync(connection, sql.Enrol, cancellationToken, Text(names), new() { Value = false });
        return new Roster(version, count, names, [], []);
    }

    async Task<Roster> FindAsync(NpgsqlConnection connection, string[] names, int count, CancellationToken cancellationToken)
    {
        foreach (string[] some in names.Chunk(Batch))
        {
            if (!await AreMissingAsync(connection, some, cancellationToken)) continue;
            await using NpgsqlTransaction enrolling = await connection.BeginBoundedAsync(cancellationToken);
            await ExecuteAsync(connection, sql.LockRoster(shared: false), cancellationToken);
            await ExecuteAsync(connection, sql.Enrol, cancellationToken, Text(some), new() { Value = true });
            await enrolling.CommitAsync(cancellationToken);
        }

        return await LookAsync(connection, names, count, alone: false, cancellationToken) ?? (await LookAsync(connection, names, count, alone: true, cancellationToken))!;
    }

    /// <summary>Any number of claimers may look at once.</summary>
    /// <returns><see langword="null"/> = presets should change their lanes, which only one may do that is alone.</returns>
    async Task<Roster?> LookAsync(NpgsqlConnection connection, string[] names, int count, bool alone, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction looking = await connection.BeginBoundedAsync(cancellationToken);
        await ExecuteAsync(connection, sql.LockRoster(shared: !alone), cancellationToken);
        long version = await VersionAsync(connection, cancellationToken);
        long[] lanes = await LanesAsync(connection, names, cancellationToken);
        (string[] except, long[] mixed) = await OthersAsync(connection, names, lanes, cancellationToken);
        long[] moved = except.Length > MaxExcept ? mixed : lanes.Length > MaxLanes ? lanes[1..] : [];
        if (moved.Length > 0)
        {
            if (!alone) return null;
            await ExecuteAsync(connection, sql.Move, cancellationToken, Text(names), Numbers(moved));
            await ExecuteAsync(connection, sql.RaiseRoster, cancellationToken);
            version = await VersionAsync(connection, cancellationToken);
            lanes = await LanesAsync(connection, names, cancellationToken);
            (except, _) = await OthersAsync(connection, names, lanes, cancellationToken);
        }

        await looking.CommitAsync(cancellationToken);
        return new Roster(version, count, null, lanes, except);
    }

    async Task<bool> AreMissingAsync(NpgsqlConnection connection, string[] names, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql.AreMissing, connection) { Parameters = { Text(names) } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    async Task<long> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql.Roster, connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    async Task<long[]> LanesAsync(NpgsqlConnection connection, string[] names, CancellationToken cancellationToken)
    {
        List<long> lanes = [];
        await using var command = new NpgsqlCommand(sql.Lanes, connection) { Parameters = { Text(names) } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) lanes.Add(reader.GetInt64(0));
        return [.. lanes];
    }

    /// <returns>Who else is in the lanes, and which lanes they are in; when there are too many to leave out one by one, that there are, and every lane.</returns>
    async Task<(string[] Except, long[] Mixed)> OthersAsync(NpgsqlConnection connection, string[] names, long[] lanes, CancellationToken cancellationToken)
    {
        List<string> others = [];
        HashSet<long> mixed = [];
        await using var command = new NpgsqlCommand(sql.Others, connection) { Parameters = { Text(names), Numbers(lanes), new() { Value = MaxExcept + 1 } } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            others.Add(reader.GetString(0));
            mixed.Add(reader.GetInt64(1));
        }

        return ([.. others], others.Count > MaxExcept ? lanes : [.. mixed]);
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string text, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(text, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static NpgsqlParameter Text(string[] names) => new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    static NpgsqlParameter Numbers(long[] lanes) => new() { Value = lanes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
