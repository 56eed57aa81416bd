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

/// <summary>
/// One try to claim: one trip to the server, and what was granted is committed with it. No lock waits for the claimer to say more: it may be frozen, or out of reach without anybody having been told.
/// What is remembered is read after that, since only the holder can change it.
/// </summary>
sealed class Claim(Statements sql, NpgsqlConnection connection, ClaimRequest request, Roster roster)
{
    /// <summary>A lease, since when it was due, and which requests its holder is shown: those after the first number, up to the second.</summary>
    sealed record Granted(PresetLease Lease, DateTime DueAt, long Answered, long Shown);

    readonly List<Granted> _granted = [];

    /// <summary>Longest due first.</summary>
    public IReadOnlyList<PresetLease> Leases => [.. _granted.OrderBy(granted => granted.DueAt).Select(granted => granted.Lease)];

    public async Task<ClaimOutcome> TryAsync(CancellationToken cancellationToken)
    {
        (ClaimOutcome outcome, bool clockIsDated) = await ClaimAsync(cancellationToken);
        if (outcome != ClaimOutcome.Granted) return outcome;

        if (clockIsDated)
        {
            await using var note = new NpgsqlCommand(sql.NoteClock, connection);
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        if (_granted.Count > 0) await RememberAsync(cancellationToken);
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
        ClaimOutcome outcome = !reader.GetBoolean(1) ? ClaimOutcome.OtherHistory : reader.GetInt64(0) != roster.Version ? ClaimOutcome.OtherRoster : ClaimOutcome.Granted;
        bool clockIsDated = reader.GetBoolean(2);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) _granted.Add(new Granted(Read(reader), reader.GetDateTime(7), reader.GetInt64(8), reader.GetInt64(9)));

        // The claim has looked for itself, a moment later: what it has granted is granted.
        return (_granted.Count > 0 ? ClaimOutcome.Granted : outcome, clockIsDated);
    }

    PresetLease Read(NpgsqlDataReader reader)
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
        Granted[] asked = [.. _granted.Where(granted => granted.Shown > granted.Answered)];
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql.Read) { Parameters = { Text([.. _granted.Select(granted => granted.Lease.Preset)]) } });
        if (asked.Length > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql.Requests)
            {
                Parameters = { Text([.. asked.Select(granted => granted.Lease.Preset)]), Numbers([.. asked.Select(granted => granted.Answered)]), Numbers([.. asked.Select(granted => granted.Shown)]) },
            });
        }

        Dictionary<string, VersionedDocument> states = new(StringComparer.Ordinal);
        Dictionary<string, List<string>> requests = new(StringComparer.Ordinal);
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) states.Add(reader.GetString(0), Document(reader));
            await reader.NextResultAsync(cancellationToken);
            while (asked.Length > 0 && await reader.ReadAsync(cancellationToken))
            {
                if (!requests.TryGetValue(reader.GetString(0), out List<string>? of)) requests.Add(reader.GetString(0), of = []);
                of.Add(reader.GetString(1));
            }
        }

        for (int i = 0; i < _granted.Count; i++)
        {
            PresetLease lease = _granted[i].Lease;
            _granted[i] = _granted[i] with { Lease = lease with { State = states.GetValueOrDefault(lease.Preset), Requests = requests.GetValueOrDefault(lease.Preset, []) } };
        }
    }

    /// <summary>Of a row of <see cref="Statements.Read"/>.</summary>
    internal static VersionedDocument Document(NpgsqlDataReader reader) => new(reader.GetInt64(1), reader.GetFieldValue<byte[]>(2), Span(reader, 3)!.Value);

    /// <summary>Never below zero: a row may have been written after this transaction began.</summary>
    internal static TimeSpan? Span(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetTimeSpan(column) is var span && span > TimeSpan.Zero ? span : TimeSpan.Zero;

    static NpgsqlParameter Text(string[] names) => new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    static NpgsqlParameter Numbers(long[] numbers) => new() { Value = numbers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
