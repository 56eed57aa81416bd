using VmShepherd.Abstractions;

namespace Core.Tests.Simulation;

/// <summary>
/// A store as PostgresDriver promises it, with what a server can do to it: its clock is set, and a failover to a replica loses what was committed last. The driver itself is tried
/// against a real server by the suite that this one passes too.
/// </summary>
sealed class SimulatedStore(TimeProvider time) : IRuntimeDriver
{
    const int MaxRequests = 100;

    /// <summary>How late the clock is is noted now and then, and set back is what is further back than this.</summary>
    static readonly TimeSpan Noted = TimeSpan.FromSeconds(10), Backwards = TimeSpan.FromSeconds(1);

    sealed record Document(long Version, byte[] Content, DateTimeOffset WrittenAt);

    sealed record Row(DateTimeOffset NextAt, DateTimeOffset SetAt)
    {
        public bool Held { get; init; }
        public string? Holder { get; init; }
        public LeaseToken Token { get; init; }
        public DateTimeOffset? ActedAt { get; init; }
        public DateTimeOffset? CompletedAt { get; init; }
        public IReadOnlyList<string> Requests { get; init; } = [];
        public int Shown { get; init; }
        public Document? State { get; init; }
    }

    readonly Lock _gate = new();
    SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);
    TimeSpan _offset;
    long _timeline = 1, _counter, _version;
    DateTimeOffset _seen = time.GetUtcNow();
    DateTimeOffset? _lostAt;

    DateTimeOffset Now => time.GetUtcNow() + _offset;

    /// <summary>It has found its clock set back, and lets leases run again from now.</summary>
    public Action Mended { get; init; } = () => { };

    /// <summary>Whether a claim has seen what the clock says now. As with the driver, one that is set forth and back between two claims is not found out.</summary>
    public bool IsClockNoted => _seen >= Now - Noted && _seen <= Now + Backwards;

    public void SetClock(TimeSpan by) => _offset += by;

    /// <summary>What a replica has received at this moment.</summary>
    public object Replicate() => (new SortedDictionary<string, Row>(_rows, StringComparer.Ordinal), _counter, _version, _seen);

    /// <summary>The replica is the store from now on.</summary>
    /// <returns>Whether anything was committed that it had not received.</returns>
    public bool FailOver(object replica)
    {
        var (rows, counter, version, seen) = ((SortedDictionary<string, Row>, long, long, DateTimeOffset))replica;
        bool hasLost = counter != _counter || version != _version;
        (_rows, _counter, _version, _seen) = (new SortedDictionary<string, Row>(rows, StringComparer.Ordinal), counter, version, seen);
        _timeline++;
        _lostAt = Now;
        return hasLost;
    }

    public async Task<bool> HoldsAsync(string preset, byte[] content) =>
        (await ReadAsync([preset], CancellationToken.None)).TryGetValue(preset, out VersionedDocument? document) && document.Content.Span.SequenceEqual(content);

    public Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IReadOnlyList<PresetLease>>(cancellationToken);
        lock (_gate)
        {
            Mend();
            DateTimeOffset now = Now;
            if (_lostAt + request.Lease > now) return Task.FromResult<IReadOnlyList<PresetLease>>([]);
            foreach (string name in request.Presets) _rows.TryAdd(name, new Row(now, now));
            string[] due = [.. request.Presets.Distinct().Where(name => IsDue(_rows[name], request, now)).OrderBy(name => _rows[name].NextAt).ThenBy(name => name, StringComparer.Ordinal).Take(request.Max)];
            return Task.FromResult<IReadOnlyList<PresetLease>>([.. due.Select(name => Grant(name, request.InstanceId, request.Lease, now))]);
        }
    }

    /// <summary>What somebody else gave back is left to that one for a while, but for no longer than the time it was due in exceeds that.</summary>
    static bool IsDue(Row row, ClaimRequest request, DateTimeOffset now)
    {
        if (row.Held || row.Holder is null || row.Holder == request.InstanceId) return row.NextAt <= now;
        TimeSpan most = row.NextAt - row.SetAt - request.Courtesy, left = most < request.Courtesy ? most : request.Courtesy;
        return row.NextAt <= now && now - row.NextAt >= left;
    }

    PresetLease Grant(string name, string holder, TimeSpan duration, DateTimeOffset now)
    {
        Row before = _rows[name], row = before with { Held = true, Holder = holder, Token = new LeaseToken(_timeline, ++_counter), NextAt = now + duration, SetAt = now, Shown = before.Requests.Count };
        _rows[name] = row;
        TimeSpan? sinceLoss = now - (_lostAt + duration), sinceActed = now - row.ActedAt;
        return new PresetLease(name, row.Token, duration)
        {
            CleanHandover = !before.Held,
            SinceActed = sinceLoss < sinceActed || sinceActed is null ? sinceLoss : sinceActed,
            SinceCompleted = now - row.CompletedAt,
            SinceLoss = sinceLoss,
            State = Shown(row.State, now),
            Requests = row.Requests,
        };
    }

    public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<bool>(cancellationToken);
        lock (_gate)
        {
            if (HeldUnder(lease) is not { } row) return Task.FromResult(false);
            _rows[lease.Preset] = row with { State = Written(state), ActedAt = acted ? Now : row.ActedAt };
            return Task.FromResult(true);
        }
    }

    public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<bool>(cancellationToken);
        lock (_gate)
        {
            if (HeldUnder(lease) is not { } row) return Task.FromResult(false);
            DateTimeOffset now = Now;
            string[] waiting = [.. row.Requests.Skip(Math.Min(lease.Requests.Count, row.Shown))];
            _rows[lease.Preset] = row with
            {
                State = state is { } document ? Written(document) : row.State,
                Requests = waiting,
                Shown = 0,
                Held = false,
                Holder = lease.Yields ? null : row.Holder,
                CompletedAt = now,
                SetAt = now,
                NextAt = waiting.Length > 0 ? now : DateTimeOffset.MaxValue - now > dueIn ? now + dueIn : DateTimeOffset.MaxValue,
            };
            return Task.FromResult(true);
        }
    }

    public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IReadOnlyList<bool>>(cancellationToken);
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<bool>>([.. leases.Select(held =>
            {
                if (HeldUnder(held) is not { } row) return false;
                _rows[held.Preset] = row with { NextAt = Now + lease, SetAt = Now };
                return true;
            })]);
        }
    }

    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IReadOnlyDictionary<string, VersionedDocument>>(cancellationToken);
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyDictionary<string, VersionedDocument>>(presets.Distinct()
                .Where(name => _rows.TryGetValue(name, out Row? row) && row.State is not null).ToDictionary(name => name, name => Shown(_rows[name].State, Now)!, StringComparer.Ordinal));
        }
    }

    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        lock (_gate)
        {
            Row row = _rows.GetValueOrDefault(preset) ?? new Row(Now, Now);
            if (row.Requests.Count == MaxRequests) return Task.FromException(new InvalidOperationException($"{preset}: {MaxRequests} requests are waiting already"));
            row = row with { Requests = [.. row.Requests, request] };
            _rows[preset] = row.Held || row.NextAt <= Now ? row : row with { NextAt = Now, SetAt = Now };
            return Task.CompletedTask;
        }
    }

    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        lock (_gate)
        {
            foreach (string name in presets)
            {
                if (!_rows.Remove(name, out Row? row) || !row.Held || row.NextAt <= Now) continue;
                _rows[name] = new Row(row.NextAt, row.SetAt) { Held = true, Token = row.Token };
            }

            return Task.CompletedTask;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A clock that was set back: nothing lasts longer from now than it was granted for.</summary>
    void Mend()
    {
        DateTimeOffset now = Now;
        if (_seen > now + Backwards)
        {
            foreach ((string name, Row row) in _rows.Where(pair => pair.Value.SetAt > now).ToArray())
                _rows[name] = row with { NextAt = now + (row.NextAt - row.SetAt), SetAt = now, ActedAt = Earlier(row.ActedAt, now), CompletedAt = Earlier(row.CompletedAt, now) };
            (_seen, _lostAt) = (now, Earlier(_lostAt, now));
            Mended();
        }

        if (_seen < now - Noted) _seen = now;
    }

    static DateTimeOffset? Earlier(DateTimeOffset? at, DateTimeOffset now) => at > now ? now : at;

    Row? HeldUnder(PresetLease lease) => _rows.TryGetValue(lease.Preset, out Row? row) && row.Held && row.Token == lease.Token && row.NextAt > Now ? row : null;

    Document Written(ReadOnlyMemory<byte> content) => new(++_version, content.ToArray(), Now);

    static VersionedDocument? Shown(Document? state, DateTimeOffset now) =>
        state is null ? null : new VersionedDocument(state.Version, state.Content, now > state.WrittenAt ? now - state.WrittenAt : TimeSpan.Zero);
}
