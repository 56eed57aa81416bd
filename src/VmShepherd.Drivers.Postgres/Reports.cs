using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Postgres;

/// <summary>The latest report of each preset.</summary>
sealed class Reports(NpgsqlDataSource source, Statements sql)
{
    public async Task KeepAsync(IReadOnlyCollection<PresetReport> reports, CancellationToken cancellationToken)
    {
        if (reports.Count == 0) return;
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginBoundedAsync(cancellationToken);
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql.LockReports));
            var keep = new NpgsqlBatchCommand(sql.KeepReports);
            keep.Parameters.Add(Array(NpgsqlDbType.Text, reports, report => report.Preset));
            keep.Parameters.Add(Array(NpgsqlDbType.Bigint, reports, report => report.Token.Timeline));
            keep.Parameters.Add(Array(NpgsqlDbType.Bigint, reports, report => report.Token.Counter));
            keep.Parameters.Add(Array(NpgsqlDbType.Bytea, reports, report => report.Content.ToArray()));
            batch.BatchCommands.Add(keep);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Positions are of one history of the store: on another one, versions may have gone back, and everything is told again.</summary>
    public async Task<ReportPage> ReadAsync(string? after, int max, CancellationToken cancellationToken)
    {
        string[] position = after?.Split('/') ?? [];
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        string history;
        await using (var look = new NpgsqlCommand(Statements.History, connection)) history = (string)(await look.ExecuteScalarAsync(cancellationToken))!;
        bool goesOn = position is [string known, _] && known == history;
        long last = goesOn ? long.Parse(position[1], CultureInfo.InvariantCulture) : 0;

        await using var command = new NpgsqlCommand(sql.ReadReports, connection) { Parameters = { new() { Value = last }, new() { Value = max } } };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<PresetReport> reports = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetInt64(5);
            reports.Add(new PresetReport(reader.GetString(0), new LeaseToken(reader.GetInt64(1), reader.GetInt64(2)), reader.GetFieldValue<byte[]>(3), Claim.Span(reader, 4)!.Value));
        }

        return new ReportPage(reports, string.Create(CultureInfo.InvariantCulture, $"{history}/{last}")) { IsAnew = after is not null && !goesOn };
    }

    static NpgsqlParameter Array<T>(NpgsqlDbType type, IReadOnlyCollection<PresetReport> reports, Func<PresetReport, T> value) =>
        new() { Value = reports.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
