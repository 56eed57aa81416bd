using Npgsql;
using NpgsqlTypes;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Postgres;

enum ClaimOutcome
{
    /// <summary>What was due, or nothing.</summary>
    Granted,

    /// <summary>Presets have changed their lanes.</summary>
    OtherRoster,

    /// <summary>Another server, a new timeline, or a clock that was set back.</summary>
    OtherHistory,
}

/// <summary>One try to claim, in one transaction: when the answer is lost on the way, nothing was granted unheard but what was committed in that moment.</summary>
sealed class Claim(Statements sql, NpgsqlConnection connection, ClaimRequest request, Roster roster)
{
    readonly List<(PresetLease Lease, DateTime DueAt)> _leases = [];

    /// <summary>Longest due first.</summary>
    public IReadOnlyList<PresetLease> Leases => [.. _leases.OrderBy(granted => granted.DueAt).Select(granted => granted.Lease)];

    public async Task<ClaimOutcome> TryAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        (ClaimOutcome outcome, bool clockIsDated) = await ClaimAsync(cancellationToken);
        if (outcome != ClaimOutcome.Granted) return outcome;

        if (clockIsDated)
        {
            await using var note = new NpgsqlCommand(sql.NoteClock, connection);
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        if (_leases.Count > 0) await RememberAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ClaimOutcome.Granted;
    }

    async Task<(ClaimOutcome Outcome, bool ClockIsDated)> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql.Look));
        var claim = new NpgsqlBatchCommand(roster.Names is null ? sql.ClaimLanes : sql.ClaimNames);
        claim.Parameters.Add(new() { Value = roster.Version });
        claim.Parameters.Add(new() { Value = PostgresDriver.Capped(request.Lease) });
        claim.Parameters.Add(roster.Names is { } names ? Text(names) : new() { Value = roster.Lanes });
        claim.Parameters.Add(Text(roster.Except));
        claim.Parameters.Add(new() { Value = request.Max });
        claim.Parameters.Add(new() { Value = request.InstanceId });
        claim.Parameters.Add(new() { Value = PostgresDriver.Capped(request.Courtesy) });
        batch.BatchCommands.Add(claim);

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (!reader.GetBoolean(1)) return (ClaimOutcome.OtherHistory, false);
        if (reader.GetInt64(0) != roster.Version) return (ClaimOutcome.OtherRoster, false);
        bool clockIsDated = reader.GetBoolean(2);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) _leases.Add((Granted(reader), reader.GetDateTime(7)));
        return (ClaimOutcome.Granted, clockIsDated);
    }

    PresetLease Granted(NpgsqlDataReader reader)
    {
        TimeSpan? sinceLoss = Span(reader, 6), sinceActed = Span(reader, 4);
        return new PresetLease(reader.GetString(0), new LeaseToken(reader.GetInt64(1), reader.GetInt64(2)), request.Lease)
        {
            CleanHandover = reader.GetBoolean(3),

            // What was lost may have been the announcement of an act.
            SinceActed = sinceLoss < sinceActed || sinceActed is null ? sinceLoss : sinceActed,
            SinceCompleted = Span(reader, 5),
            SinceLoss = sinceLoss,
        };
    }

    async Task RememberAsync(CancellationToken cancellationToken)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < _leases.Count; i++) index.Add(_leases[i].Lease.Preset, i);
        await using var command = new NpgsqlCommand(sql.Remembered, connection) { Parameters = { Text([.. index.Keys]) } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            (PresetLease lease, DateTime dueAt) = _leases[index[reader.GetString(0)]];
            _leases[index[lease.Preset]] = (lease with
            {
                State = reader.IsDBNull(1) ? null : new VersionedDocument(reader.GetInt64(1), reader.GetFieldValue<byte[]>(2), Span(reader, 3)!.Value),
                Requests = reader.IsDBNull(4) ? [] : reader.GetFieldValue<string[]>(4),
            }, dueAt);
        }
    }

    /// <summary>Never below zero: a row may have been written after this transaction began.</summary>
    internal static TimeSpan? Span(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetTimeSpan(column) is var span && span > TimeSpan.Zero ? span : TimeSpan.Zero;

    static NpgsqlParameter Text(string[] names) => new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
