using System.Globalization;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Sqlite;

[assembly: Driver(DriverGroup.Runtime, "SqliteDriver", typeof(SqliteDriver))]

namespace VmShepherd.Drivers.Sqlite;

/// <summary>The store of one instance that forgets nothing at a restart: one file, for one process.</summary>
public sealed class SqliteDriver : IRuntimeDriver, IReportStore, IStartCheck
{
    readonly SqliteQueue _queue;

    /// <summary>Nothing is opened yet.</summary>
    /// <exception cref="ArgumentException">The path is none.</exception>
    public SqliteDriver(SqliteOptions options, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        if (options.Path is "" || options.Path.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("path: expected the name of a file");
        _queue = new SqliteQueue(Path.GetFullPath(options.Path, context.BaseDirectory), context.Time);
    }

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _queue.DoAsync((_, _) => true, cancellationToken);
        }
        catch (SqliteStoreException e) when (!e.IsInUse)
        {
            throw new ArgumentException(e.Message, e);
        }
        catch (SqliteStoreException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A collection of names must not change once it was passed: it is known again by reference.</remarks>
    public async Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Max, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(request.Lease, TimeSpan.Zero, nameof(request));
        return await _queue.DoAsync((tables, now) => tables.Claim(request.Presets, request.Max, request.Lease, now), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        byte[] document = state.ToArray();
        return _queue.DoAsync((tables, now) => tables.Save(lease, document, acted, now), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueIn, TimeSpan.Zero);
        byte[]? document = state?.ToArray();
        return _queue.DoAsync((tables, now) => tables.Complete(lease, document, dueIn, now), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return _queue.DoAsync<IReadOnlyList<bool>>((tables, now) => [.. leases.Select(held => tables.Renew(held, lease, now))], cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Whoever does nothing else, as <c>vmshepherd plan</c>, may do so beside the process that has the file, and changes nothing.</remarks>
    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        return _queue.ReadAsync<IReadOnlyDictionary<string, VersionedDocument>>((tables, now) =>
        {
            var documents = new Dictionary<string, VersionedDocument>(StringComparer.Ordinal);
            foreach (string name in presets)
            {
                if (tables.Read(name, now) is { } document) documents[name] = document;
            }

            return documents;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(request);
        return _queue.DoAsync((tables, now) =>
        {
            tables.Request(preset, request, now);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>A lease that still runs stays in force: nobody else gets in before it is given back or has run out.</remarks>
    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        return _queue.DoAsync((tables, now) =>
        {
            foreach (string name in presets) tables.Forget(name, now);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task KeepReportsAsync(IReadOnlyCollection<PresetReport> reports, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return _queue.DoAsync((tables, now) =>
        {
            foreach (PresetReport report in reports) tables.KeepReport(report, now);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReportPage> ReadReportsAsync(string? after, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        long position = after is null ? 0 : long.Parse(after, CultureInfo.InvariantCulture);
        return _queue.DoAsync((tables, now) => tables.ReadReports(position, max, now), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();
}
