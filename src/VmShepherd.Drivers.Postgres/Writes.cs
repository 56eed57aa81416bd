using Npgsql;
using NpgsqlTypes;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Postgres;

/// <summary>One save or completion.</summary>
/// <param name="Lease">As it was claimed.</param>
/// <param name="State">A copy of its own; <see langword="null"/> = unchanged.</param>
/// <param name="Acted">Whether acts are about to be sent.</param>
/// <param name="DueIn">Gives the lease back; <see langword="null"/> = it is kept.</param>
sealed record Write(PresetLease Lease, byte[]? State, bool Acted, TimeSpan? DueIn);

/// <summary>
/// Writes that come while one is under way go together in the next: one statement and one flush to disk for up to a hundred, whoever waits for them.
/// No longer than its callers are many: each waits for its answer.
/// </summary>
sealed class Writes(NpgsqlDataSource source, Statements sql)
{
    const int Batch = 100;

    /// <summary>Of documents in one statement.</summary>
    const int BatchBytes = 1 << 20;

    sealed class Waiting(Write write, CancellationToken cancelled)
    {
        public Write Write => write;
        public CancellationToken Cancelled => cancelled;
        public TaskCompletionSource<bool> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    readonly Lock _gate = new();
    readonly LinkedList<Waiting> _waiting = [];
    bool _isWriting;

    /// <summary>Whether the token still held. Whoever is cancelled while the statement is under way does not know what came of it.</summary>
    public Task<bool> AddAsync(Write write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<bool>(cancellationToken);
        var waiting = new Waiting(write, cancellationToken);
        bool begins;
        lock (_gate)
        {
            _waiting.AddLast(waiting);
            begins = !_isWriting;
            _isWriting = true;
        }

        if (begins) _ = Task.Run(WriteAllAsync, CancellationToken.None);
        return waiting.Answer.Task.WaitAsync(cancellationToken);
    }

    async Task WriteAllAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                await WriteAsync(batch);
            }
            catch (PostgresException) when (batch.Count > 1)
            {
                // The statement was refused as a whole. Whoever is to blame must not fail the others.
                foreach (Waiting one in batch) await WriteOneAsync(one);
            }
            catch (Exception e)
            {
                foreach (Waiting one in batch) one.Answer.TrySetException(e);
            }
        }
    }

    async Task WriteOneAsync(Waiting one)
    {
        try
        {
            await WriteAsync([one]);
        }
        catch (Exception e)
        {
            one.Answer.TrySetException(e);
        }
    }

    /// <summary>The oldest, each preset once: a statement can't write a row twice.</summary>
    List<Waiting> Take()
    {
        List<Waiting> batch = [];
        HashSet<string> presets = new(StringComparer.Ordinal);
        int bytes = 0;
        lock (_gate)
        {
            LinkedListNode<Waiting>? next;
            for (LinkedListNode<Waiting>? node = _waiting.First; node is not null && batch.Count < Batch && bytes < BatchBytes; node = next)
            {
                next = node.Next;
                if (node.Value.Cancelled.IsCancellationRequested)
                {
                    _waiting.Remove(node);
                }
                else if (presets.Add(node.Value.Write.Lease.Preset))
                {
                    batch.Add(node.Value);
                    bytes += node.Value.Write.State?.Length ?? 0;
                    _waiting.Remove(node);
                }
            }

            _isWriting = batch.Count > 0;
        }

        return batch;
    }

    async Task WriteAsync(List<Waiting> batch)
    {
        Write[] writes = [.. batch.Select(waiting => waiting.Write).OrderBy(write => write.Lease.Preset, StringComparer.Ordinal)];
        bool areLeasesAll = Array.TrueForAll(writes, write => write.State is null && write.Lease.Requests.Count == 0);
        await using NpgsqlCommand command = source.CreateCommand(areLeasesAll ? sql.WriteLeases : sql.Write);
        command.Parameters.Add(Values(NpgsqlDbType.Text, writes, write => write.Lease.Preset));
        command.Parameters.Add(Values(NpgsqlDbType.Bigint, writes, write => write.Lease.Token.Timeline));
        command.Parameters.Add(Values(NpgsqlDbType.Bigint, writes, write => write.Lease.Token.Counter));
        command.Parameters.Add(Values(NpgsqlDbType.Boolean, writes, write => write.Acted));
        command.Parameters.Add(Values(NpgsqlDbType.Boolean, writes, write => write.DueIn is not null));
        command.Parameters.Add(Values(NpgsqlDbType.Integer, writes, write => write.Lease.Requests.Count));
        command.Parameters.Add(Values(NpgsqlDbType.Interval, writes, write => PostgresDriver.Capped(write.DueIn ?? TimeSpan.Zero)));
        command.Parameters.Add(Values(NpgsqlDbType.Boolean, writes, write => write.DueIn is not null && write.Lease.Yields));
        if (!areLeasesAll)
        {
            command.Parameters.Add(Values(NpgsqlDbType.Boolean, writes, write => write.State is not null));
            command.Parameters.Add(Values(NpgsqlDbType.Bytea, writes, write => write.State ?? []));
        }

        HashSet<string> held = new(StringComparer.Ordinal);
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) held.Add(reader.GetString(0));
        }

        foreach (Waiting waiting in batch) waiting.Answer.TrySetResult(held.Contains(waiting.Write.Lease.Preset));
    }

    static NpgsqlParameter Values<T>(NpgsqlDbType type, Write[] writes, Func<Write, T> value) => new() { Value = Array.ConvertAll(writes, write => value(write)), NpgsqlDbType = NpgsqlDbType.Array | type };
}
