using System.Runtime.CompilerServices;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Runtime.InMemory;

[assembly: Driver(DriverGroup.Runtime, "InMemoryDriver", typeof(InMemoryDriver))]

namespace VmShepherd.Drivers.Runtime.InMemory;

/// <summary>The store of a single process: one instance, and nothing survives it.</summary>
public sealed class InMemoryDriver : IRuntimeDriver
{
    const int MaxRequests = 100;

    // The process ends with its store, so there is no failover to tell apart.
    const long Timeline = 1;

    readonly Lock _gate = new();
    readonly TimeProvider _time;
    readonly long _start;
    readonly Dictionary<string, InMemoryPreset> _presets = new(StringComparer.Ordinal);
    readonly SortedSet<InMemoryPreset> _byNextAt = new(InMemoryPreset.ByNextAt);

    // A claimer passes the same large collection again and again: its names are looked at once.
    readonly ConditionalWeakTable<IReadOnlyCollection<string>, HashSet<string>> _heardOf = [];
    long _lastToken;
    long _lastVersion;
    long _lastTurn;

    /// <summary>An empty store, whose clock begins now.</summary>
    public InMemoryDriver(InMemoryOptions options, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        _time = context.Time;
        _start = _time.GetTimestamp();
    }

    // Monotonic: a wall clock set forward must not make every lease run out at once.
    TimeSpan Now => _time.GetElapsedTime(_start);

    /// <inheritdoc/>
    public bool IsShared => false;

    /// <inheritdoc/>
    /// <remarks>A collection of names must not change once it was passed: it is known again by reference.</remarks>
    public Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Max, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(request.Lease, TimeSpan.Zero, nameof(request));
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IReadOnlyList<PresetLease>>(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            HashSet<string> names = HearOf(request.Presets, now);
            List<InMemoryPreset> due = [];
            foreach (InMemoryPreset preset in _byNextAt)
            {
                if (preset.NextAt > now || due.Count == request.Max) break;
                if (names.Contains(preset.Name)) due.Add(preset);
            }

            return Task.FromResult<IReadOnlyList<PresetLease>>(due.ConvertAll(preset => Grant(preset, request.Lease, now)));
        }
    }

    /// <inheritdoc/>
    public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<bool>(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            if (HeldUnder(lease, now) is not { } preset) return Task.FromResult(false);
            preset.Write(state.Span, ++_lastVersion, now);
            if (acted) preset.ActedAt = now;
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueIn, TimeSpan.Zero);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<bool>(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            if (HeldUnder(lease, now) is not { } preset) return Task.FromResult(false);
            if (state is { } document) preset.Write(document.Span, ++_lastVersion, now);
            preset.Requests.RemoveRange(0, Math.Min(lease.Requests.Count, preset.RequestsShown));
            preset.RequestsShown = 0;
            preset.CompletedAt = now;
            preset.Held = false;
            Schedule(preset, preset.Requests.Count > 0 ? now : After(now, dueIn));
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IReadOnlyList<bool>>(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            var renewed = new bool[leases.Count];
            for (int i = 0; i < renewed.Length; i++)
            {
                if (HeldUnder(leases[i], now) is not { } preset) continue;
                Schedule(preset, After(now, lease));
                renewed[i] = true;
            }

            return Task.FromResult<IReadOnlyList<bool>>(renewed);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IReadOnlyDictionary<string, VersionedDocument>>(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            var documents = new Dictionary<string, VersionedDocument>(StringComparer.Ordinal);
            foreach (string name in presets)
            {
                if (_presets.TryGetValue(name, out InMemoryPreset? preset) && preset.Document(now) is { } document) documents[name] = document;
            }

            return Task.FromResult<IReadOnlyDictionary<string, VersionedDocument>>(documents);
        }
    }

    /// <inheritdoc/>
    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            InMemoryPreset asked = HearOf(preset, now);
            if (asked.Requests.Count == MaxRequests)
            {
                return Task.FromException(new InvalidOperationException(
                    $"preset {preset}: {MaxRequests} requests are waiting already, no more are taken until an instance has managed it"));
            }

            asked.Requests.Add(request);
            if (!asked.Held && asked.NextAt > now) Schedule(asked, now);
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A lease that still runs stays in force: nobody else gets in before it is given back or has run out.</remarks>
    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        lock (_gate)
        {
            TimeSpan now = Now;
            foreach (string name in presets)
            {
                if (!_presets.TryGetValue(name, out InMemoryPreset? preset)) continue;
                preset.Forget();
                if (preset.Held && preset.NextAt > now) continue;
                _byNextAt.Remove(preset);
                _presets.Remove(name);
            }

            // A claimer may name one of these again with a collection we have been through.
            _heardOf.Clear();
            return Task.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    HashSet<string> HearOf(IReadOnlyCollection<string> presets, TimeSpan now)
    {
        if (_heardOf.TryGetValue(presets, out HashSet<string>? names) && names.Count == presets.Count) return names;
        names = new HashSet<string>(presets, StringComparer.Ordinal);
        foreach (string name in names) HearOf(name, now);
        _heardOf.AddOrUpdate(presets, names);
        return names;
    }

    InMemoryPreset HearOf(string name, TimeSpan now)
    {
        if (_presets.TryGetValue(name, out InMemoryPreset? preset)) return preset;
        preset = new InMemoryPreset(name);
        _presets.Add(name, preset);
        Schedule(preset, now);
        return preset;
    }

    PresetLease Grant(InMemoryPreset preset, TimeSpan duration, TimeSpan now)
    {
        bool clean = !preset.Held;
        preset.Held = true;
        preset.Token = new LeaseToken(Timeline, ++_lastToken);
        Schedule(preset, After(now, duration));
        preset.RequestsShown = preset.Requests.Count;
        return new PresetLease(preset.Name, preset.Token, duration)
        {
            CleanHandover = clean,
            SinceActed = now - preset.ActedAt,
            SinceCompleted = now - preset.CompletedAt,
            State = preset.Document(now),
            Requests = [.. preset.Requests],
        };
    }

    InMemoryPreset? HeldUnder(PresetLease lease, TimeSpan now) =>
        _presets.TryGetValue(lease.Preset, out InMemoryPreset? preset) && preset.Held && preset.Token == lease.Token && preset.NextAt > now ? preset : null;

    // A sorted set must not see its keys change under it: out, changed, in.
    void Schedule(InMemoryPreset preset, TimeSpan nextAt)
    {
        _byNextAt.Remove(preset);
        preset.NextAt = nextAt;
        preset.Turn = ++_lastTurn;
        _byNextAt.Add(preset);
    }

    static TimeSpan After(TimeSpan now, TimeSpan wait) => wait > TimeSpan.MaxValue - now ? TimeSpan.MaxValue : now + wait;
}
