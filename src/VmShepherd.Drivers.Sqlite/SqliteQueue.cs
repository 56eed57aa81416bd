using Microsoft.Data.Sqlite;

namespace VmShepherd.Drivers.Sqlite;

/// <summary>
/// One call after another has the file. Those that come while others are being stored go together in the next transaction: one flush to disk for up to a hundred.
/// No longer than its callers are many: each waits for its answer.
/// </summary>
sealed class SqliteQueue(string path, TimeProvider time) : IAsyncDisposable
{
    const int Batch = 100;

    interface ICall
    {
        bool IsCancelled { get; }
        bool OnlyReads { get; }
        void Do(SqliteTables tables, long now);
        void Answer();
        void Fail(Exception e);
    }

    sealed class Call<T>(Func<SqliteTables, long, T> what, bool onlyReads, CancellationToken cancelled) : ICall
    {
        readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        T? _value;
        RefusedException? _refusal;

        public Task<T> Task => _answer.Task;
        public bool IsCancelled => cancelled.IsCancellationRequested;
        public bool OnlyReads => onlyReads;

        public void Do(SqliteTables tables, long now)
        {
            try
            {
                _value = what(tables, now);
            }
            catch (RefusedException refusal)
            {
                _refusal = refusal;
            }
        }

        public void Answer()
        {
            if (_refusal is not null) _answer.TrySetException(_refusal);
            else _answer.TrySetResult(_value!);
        }

        public void Fail(Exception e) => _answer.TrySetException(e);
    }

    readonly Lock _gate = new();
    readonly Queue<ICall> _waiting = [];
    Task _working = Task.CompletedTask;
    bool _isWorking, _isDisposed;

    // Of the one that works alone.
    SqliteFile? _file;
    SqliteTables? _tables;
    long _openedAt, _openedTicks;

    /// <summary>Time goes on steadily from when the file was opened: a wall clock that jumps later changes nothing.</summary>
    long Now => _openedTicks + time.GetElapsedTime(_openedAt).Ticks;

    public Task<T> DoAsync<T>(Func<SqliteTables, long, T> what, CancellationToken cancellationToken) => AddAsync(what, onlyReads: false, cancellationToken);

    /// <summary>What changes nothing: it neither takes the file nor makes it.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteTables, long, T> what, CancellationToken cancellationToken) => AddAsync(what, onlyReads: true, cancellationToken);

    Task<T> AddAsync<T>(Func<SqliteTables, long, T> what, bool onlyReads, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<T>(cancellationToken);
        var call = new Call<T>(what, onlyReads, cancellationToken);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _waiting.Enqueue(call);
            if (!_isWorking)
            {
                _isWorking = true;
                _working = Task.Run(WorkOff, CancellationToken.None);
            }
        }

        return call.Task.WaitAsync(cancellationToken);
    }

    void WorkOff()
    {
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                if (_tables is null && batch.TrueForAll(call => call.OnlyReads)) Read(batch);
                else Store(batch);
            }
            catch (Exception e)
            {
                foreach (ICall call in batch) call.Fail(e);
            }
        }
    }

    void Read(List<ICall> batch)
    {
        using SqliteFile file = SqliteFile.OpenToRead(path);
        using var tables = new SqliteTables(file.Connection);
        long now = time.GetUtcNow().UtcTicks;
        foreach (ICall call in batch) call.Do(tables, now);
        foreach (ICall call in batch) call.Answer();
    }

    void Store(List<ICall> batch)
    {
        SqliteTables tables = _tables ??= Open();
        try
        {
            tables.Begin();
            long now = Now;
            foreach (ICall call in batch) call.Do(tables, now);
            tables.Commit();
        }
        catch
        {
            // What was known of the file may have been rolled back: it is opened anew. The clock goes on as it was.
            Close();
            throw;
        }

        foreach (ICall call in batch) call.Answer();
    }

    SqliteTables Open()
    {
        _file = SqliteFile.Open(path);
        if (_openedTicks == 0) (_openedAt, _openedTicks) = (time.GetTimestamp(), time.GetUtcNow().UtcTicks);
        var tables = new SqliteTables(_file.Connection);
        try
        {
            tables.Mend(Now);
            return tables;
        }
        catch (SqliteException e)
        {
            // Or it would be us who hold the file when it is tried again.
            tables.Dispose();
            Close();
            throw new SqliteStoreException($"{path}: {e.Message}", e);
        }
    }

    void Close()
    {
        _tables?.Dispose();
        _file?.Dispose();
        (_tables, _file) = (null, null);
    }

    List<ICall> Take()
    {
        List<ICall> batch = [];
        lock (_gate)
        {
            while (batch.Count < Batch && _waiting.TryDequeue(out ICall? call))
            {
                if (!call.IsCancelled) batch.Add(call);
            }

            _isWorking = batch.Count > 0;
        }

        return batch;
    }

    public async ValueTask DisposeAsync()
    {
        Task working;
        lock (_gate)
        {
            _isDisposed = true;
            working = _working;
        }

        await working;
        Close();
    }
}

/// <summary>One call is refused before it has changed anything: the others of its transaction go on.</summary>
sealed class RefusedException(string message) : InvalidOperationException(message);
