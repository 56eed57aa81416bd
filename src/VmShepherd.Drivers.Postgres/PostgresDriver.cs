using Npgsql;
using NpgsqlTypes;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;

[assembly: Driver(DriverGroup.Runtime, "PostgresDriver", typeof(PostgresDriver))]

namespace VmShepherd.Drivers.Postgres;

/// <summary>The store of many instances: leases, memory and requests in a schema of a PostgreSQL database, by the database's clock.</summary>
public sealed class PostgresDriver : IRuntimeDriver, IRuntimeNews, IReportStore, IStartCheck
{
    const int MaxRequests = 100;

    /// <summary>A claim finds its lanes, history or clock changed: it looks again, and if that goes on for so long, others are at it.</summary>
    const int Attempts = 4;

    static readonly TimeSpan Century = TimeSpan.FromDays(36_500);

    readonly NpgsqlDataSource _source;
    readonly Statements _sql;
    readonly Schema _schema;
    readonly Rosters _rosters;
    readonly Writes _writes;
    readonly Reports _reports;
    readonly Listener _listener;

    /// <summary>Nothing is connected yet.</summary>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    public PostgresDriver(PostgresOptions options, DriverContext context)
        : this(options, context, namedUpTo: 256)
    {
    }

    internal PostgresDriver(PostgresOptions options, DriverContext context, int namedUpTo)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        _source = DataSource.Create(options, context);
        _sql = new Statements(Schema.Quote(options.Schema), Listener.ChannelOf(options.Schema));
        _schema = new Schema(_source, options.Schema);
        _rosters = new Rosters(_source, _sql, namedUpTo);
        _writes = new Writes(_source, _sql);
        _reports = new Reports(_source, _sql);
        _listener = new Listener(DataSource.Create(options, context, isPooled: false), options.Schema, context.Time, () => Asked?.Invoke());
    }

    /// <inheritdoc/>
    /// <remarks>By <c>NOTIFY</c>. A pooler in transaction mode lets none through.</remarks>
    public event Action? Asked;

    /// <summary>For an interval column, and for adding to a time.</summary>
    internal static TimeSpan Capped(TimeSpan span) => span < Century ? span : Century;

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _schema.EnsureAsync(cancellationToken);
            await using NpgsqlCommand durability = _source.CreateCommand("select current_setting('synchronous_commit')");
            if (await durability.ExecuteScalarAsync(cancellationToken) is "off")
                throw new ArgumentException("synchronous_commit is off on the server: a crash would lose commits unnoticed, and machines would be made twice; ALTER ROLE ... SET synchronous_commit = on");
        }
        catch (SchemaException e)
        {
            throw new ArgumentException(e.Message, e);
        }
        catch (Exception e) when ((e as UnreadableFileException ?? e.InnerException) is UnreadableFileException unreadable)
        {
            throw new ArgumentException(unreadable.Message, e);
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.ProtocolViolation)
        {
            throw new ArgumentException($"the server refuses us: {refused.MessageText}; correct user, password or database", refused);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // Out of reach, or too slow: the loop waits for it, and /readyz says why.
        }
    }

    /// <inheritdoc/>
    /// <remarks>A collection of names must not change once it was passed: it is known again by reference.</remarks>
    public async Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Max, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(request.Lease, TimeSpan.Zero, nameof(request));
        cancellationToken.ThrowIfCancellationRequested();
        if (request.Presets.Count == 0) return [];

        await _schema.EnsureAsync(cancellationToken);
        _listener.Begin();
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Roster roster = await _rosters.OfAsync(request.Presets, cancellationToken);
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken);
            var claim = new Claim(_sql, connection, request, roster);
            switch (await claim.TryAsync(cancellationToken))
            {
                case ClaimOutcome.Granted: return claim.Leases;
                case ClaimOutcome.OtherRoster: _rosters.Drop(request.Presets); break;
                case ClaimOutcome.OtherHistory: await MendAsync(connection, cancellationToken); break;
            }
        }

        return [];
    }

    async Task MendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginBoundedAsync(cancellationToken);
        foreach (string step in _sql.Mend)
        {
            await using var command = new NpgsqlCommand(step, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        cancellationToken.ThrowIfCancellationRequested();
        var write = new Write(lease, state.ToArray(), acted, null);
        await _schema.EnsureAsync(cancellationToken);
        return await _writes.AddAsync(write, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueIn, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        var write = new Write(lease, state?.ToArray(), Acted: false, dueIn);
        await _schema.EnsureAsync(cancellationToken);
        return await _writes.AddAsync(write, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();
        if (leases.Count == 0) return [];

        await _schema.EnsureAsync(cancellationToken);
        await using NpgsqlCommand command = _source.CreateCommand(_sql.Renew);
        command.Parameters.Add(Names([.. leases.Select(held => held.Preset)]));
        command.Parameters.Add(Numbers([.. leases.Select(held => held.Token.Timeline)]));
        command.Parameters.Add(Numbers([.. leases.Select(held => held.Token.Counter)]));
        command.Parameters.Add(new() { Value = Capped(lease) });
        HashSet<(string, LeaseToken)> renewed = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) renewed.Add((reader.GetString(0), new LeaseToken(reader.GetInt64(1), reader.GetInt64(2))));
        return [.. leases.Select(held => renewed.Contains((held.Preset, held.Token)))];
    }

    /// <inheritdoc/>
    /// <remarks>Makes and changes no tables: whoever does nothing else, as <c>vmshepherd plan</c>, leaves the database as it is.</remarks>
    public async Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        cancellationToken.ThrowIfCancellationRequested();
        var documents = new Dictionary<string, VersionedDocument>(StringComparer.Ordinal);
        if (presets.Count == 0 || !await _schema.IsThereAsync(cancellationToken)) return documents;

        await using NpgsqlCommand command = _source.CreateCommand(_sql.Read);
        command.Parameters.Add(Names([.. presets]));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            documents[reader.GetString(0)] = Claim.Document(reader);
        return documents;
    }

    /// <inheritdoc/>
    public async Task RequestAsync(string preset, string request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        await _schema.EnsureAsync(cancellationToken);
        await using NpgsqlCommand command = _source.CreateCommand(_sql.Request);
        command.Parameters.Add(new() { Value = preset });
        command.Parameters.Add(new() { Value = request });
        command.Parameters.Add(new() { Value = MaxRequests });
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            throw new InvalidOperationException($"preset {preset}: {MaxRequests} requests are waiting already, no more are taken until an instance has managed it");
    }

    /// <inheritdoc/>
    /// <remarks>A lease that still runs stays in force: nobody else gets in before it is given back or has run out.</remarks>
    public async Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        cancellationToken.ThrowIfCancellationRequested();
        if (presets.Count == 0) return;

        await _schema.EnsureAsync(cancellationToken);
        string[] names = [.. presets];
        await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginBoundedAsync(cancellationToken);
        foreach (string step in _sql.Forget)
        {
            await using var command = new NpgsqlCommand(step, connection) { Parameters = { Names(names) } };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task KeepReportsAsync(IReadOnlyCollection<PresetReport> reports, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reports);
        cancellationToken.ThrowIfCancellationRequested();
        await _schema.EnsureAsync(cancellationToken);
        await _reports.KeepAsync(reports, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ReportPage> ReadReportsAsync(string? after, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        cancellationToken.ThrowIfCancellationRequested();
        await _schema.EnsureAsync(cancellationToken);
        return await _reports.ReadAsync(after, max, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _source.DisposeAsync();
    }

    static NpgsqlParameter Names(string[] names) => new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    static NpgsqlParameter Numbers(long[] numbers) => new() { Value = numbers, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
