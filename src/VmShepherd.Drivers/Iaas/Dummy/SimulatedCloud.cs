using System.Collections.Frozen;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>
/// A real cloud in miniature: machines boot, lists lag, requests and answers get lost, quotas run out. On any clock, from a seed: the same seed and
/// the same calls give the same run.
/// </summary>
/// <param name="time">Its clock. Wall time dates machines and ledger; whatever lasts is measured by the monotonic timestamps.</param>
/// <param name="seed">What all chance is drawn from.</param>
/// <param name="ledgerFile">The file to append the ledger to; <see langword="null"/> = memory only.</param>
public sealed class SimulatedCloud(TimeProvider time, int seed, string? ledgerFile = null) : IIaasDriver, IDisposable
{
    static readonly FrozenDictionary<string, string> NoMetadata = FrozenDictionary<string, string>.Empty;

    readonly Lock _gate = new();
    readonly Random _random = new(seed);
    readonly MachineIndex _machines = new();
    readonly LoopbackAddresses _addresses = new();
    readonly CloudLedger _ledger = new(ledgerFile);

    // Differs from cloud to cloud: a restarted one does not give an old id to a new machine.
    readonly string _family = $"{new Random(seed).Next():x8}";
    GuestHost? _guests;
    long _created;

    /// <summary>Raised for each effect, in order, while the cloud is locked: look, and do not call back.</summary>
    public event Action<LedgerEntry>? Recorded;

    /// <summary>What <see cref="GetScopeAsync"/> answers.</summary>
    public string Scope { get; set; } = "dummy:local";

    /// <summary>From create to running; counts for machines created later.</summary>
    public TimeSpan BootTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long each call takes. The effect comes halfway, and comes even when the caller has stopped waiting.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How far lists may lag: up to so long a new machine is missing, or an ended one still shown. Drawn for each machine.</summary>
    public TimeSpan Staleness { get; init; }

    /// <summary>Probability that a call fails without effect; 1 = the cloud is down.</summary>
    public double LostRequests { get; set; }

    /// <summary>Probability that a call fails after its effect.</summary>
    public double LostAnswers { get; set; }

    /// <summary>Machines that may exist at once.</summary>
    public int Quota { get; set; } = int.MaxValue;

    /// <summary>The port at which each running machine really answers HTTP, at its own address; <see langword="null"/> = none does.</summary>
    public int? ServeHttp
    {
        get;
        init
        {
            field = value;
            _guests = value is { } port ? new GuestHost(time, port, id => Fail(id)) : null;
        }
    }

    public TimeSpan VisibilityGrace => Staleness + Latency;

    /// <summary>Machines that exist, in whatever state.</summary>
    public int Count
    {
        get { lock (_gate) return _machines.Count; }
    }

    /// <summary>The last 10,000 effects, oldest first.</summary>
    public IReadOnlyList<LedgerEntry> Ledger
    {
        get { lock (_gate) return _ledger.Last; }
    }

    /// <summary>A cloud as its options describe it.</summary>
    public static SimulatedCloud From(DummyIaasOptions options, DriverContext context, string? ledgerFile = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        return new SimulatedCloud(context.Time, options.Seed ?? context.Random.Next(), ledgerFile)
        {
            BootTime = options.BootTime,
            Latency = options.Latency,
            Staleness = options.Staleness,
            LostRequests = options.LostRequests,
            LostAnswers = options.LostAnswers,
            Quota = options.Quota ?? int.MaxValue,
            ServeHttp = options.ServeHttp,
        };
    }

    public Task<string> GetScopeAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<string>(cancellationToken) : Task.FromResult(Scope);

    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(presets);
        return CallAsync("list", changes: false, null, now => _machines.List(presets, now), cancellationToken);
    }

    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) =>
        CallAsync("find", changes: false, null, now => _machines.Find(id)?.LookAt(now), cancellationToken);

    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        FrozenDictionary<string, string> metadata = request.Metadata.ToFrozenDictionary(StringComparer.Ordinal);
        return CallAsync("create", changes: true, request.SendBefore, now =>
        {
            if (_machines.Count >= Quota) throw new IaasException(IaasFailure.QuotaReached, $"the quota of {Quota} machines is reached");
            return Add(request.Preset, metadata, [], request.Image, request.Flavor, now).Id;
        }, cancellationToken);
    }

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(termination);
        return CallAsync("terminate", changes: true, termination.SendBefore, now =>
        {
            if (_machines.Find(termination.Id) is not { } machine) return false;
            _guests?.Remove(machine.Id);
            _machines.End(machine, now);
            _addresses.GiveBack(machine.Address);
            Record(LedgerOp.Terminate, machine, termination.Preset, termination.Token);
            return true;
        }, cancellationToken);
    }

    /// <summary>Makes a machine that the shepherd did not ask for, beyond faults and quota; answers its id.</summary>
    public string AddForeign(
        string name, IReadOnlyDictionary<string, string>? metadata = null, IReadOnlyList<string>? tags = null, string? image = null, string? flavor = null)
    {
        FrozenDictionary<string, string> marks = metadata?.ToFrozenDictionary(StringComparer.Ordinal) ?? NoMetadata;
        lock (_gate) return Add(name, marks, tags ?? [], image, flavor, time.GetTimestamp()).Id;
    }

    /// <summary>The machine stops: the IaaS says terminated, the guest refuses connections. False when there is no such machine.</summary>
    public bool Die(string id) => Behave(id, GuestBehaviour.Dead, LedgerOp.Die);

    /// <summary>The guest accepts connections and stays silent. False when there is no such machine.</summary>
    public bool Hang(string id) => Behave(id, GuestBehaviour.Hung, LedgerOp.Hang);

    /// <summary>The IaaS gives up on the machine: state error. False when there is no such machine.</summary>
    public bool Fail(string id) => Behave(id, GuestBehaviour.Error, LedgerOp.Error);

    /// <summary>The machine is good again. False when there is no such machine.</summary>
    public bool Heal(string id) => Behave(id, GuestBehaviour.Good, LedgerOp.Heal);

    /// <summary>Every machine that exists, as it is now, in the order of creation. No fault touches this look.</summary>
    public IReadOnlyList<SimulatedVm> Snapshot()
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            return [.. _machines.All.Select(machine => new SimulatedVm(machine.LookAt(now), machine.Behaviour))];
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _guests?.Dispose();
            _ledger.Dispose();
        }
    }

    bool Behave(string id, GuestBehaviour behaviour, LedgerOp op)
    {
        lock (_gate)
        {
            if (_machines.Find(id) is not { } machine) return false;
            if (machine.Behaviour == behaviour) return true;
            Follow(machine, behaviour, time.GetTimestamp());
            machine.Behave(behaviour);
            Record(op, machine, machine.Name, token: null);
            return true;
        }
    }

    SimulatedMachine Add(string name, FrozenDictionary<string, string> metadata, IReadOnlyList<string> tags, string? image, string? flavor, long now)
    {
        var machine = new SimulatedMachine
        {
            Number = ++_created,
            Id = $"dummy-{_family}-{_created}",
            Name = name,
            Address = _addresses.Take(),
            Created = time.GetUtcNow(),
            BootsAt = now + Ticks(BootTime),
            ListedFrom = now + (long)(Ticks(Staleness) * _random.NextDouble()),
            Lingers = (long)(Ticks(Staleness) * _random.NextDouble()),
            Image = image,
            Flavor = flavor,
            Metadata = metadata,
            Tags = [.. tags],
        };
        Follow(machine, GuestBehaviour.Good, now);
        _machines.Add(machine);
        Record(LedgerOp.Create, machine, name, metadata.GetValueOrDefault(VmMetadata.Token));
        return machine;
    }

    /// <summary>First of all effects, as it may fail: then nothing has happened.</summary>
    void Follow(SimulatedMachine machine, GuestBehaviour behaviour, long now) =>
        _guests?.Follow(machine.Id, machine.Address, behaviour, TimeSpan.FromSeconds((machine.BootsAt - now) / (double)time.TimestampFrequency));

    void Record(LedgerOp op, SimulatedMachine machine, string preset, string? token)
    {
        var entry = new LedgerEntry(time.GetUtcNow(), op, preset, machine.Id, machine.Intent, token);
        _ledger.Append(entry);
        Recorded?.Invoke(entry);
    }

    /// <summary>The one way into the cloud: every call may be lost on its way there or back, and takes its time.</summary>
    async Task<T> CallAsync<T>(string call, bool changes, long? sendBefore, Func<long, T> effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TimelyContent.ThrowIfLate(call, time, sendBefore);
        (bool requestLost, bool answerLost) = DrawLosses();
        if (requestLost)
        {
            await TravelAsync(Latency, cancellationToken);
            throw Lost(call, changes);
        }

        // Once the request is on its way, a caller who stops waiting does not call it back.
        (T? answer, IaasException? refusal) = await ArriveAsync(call, changes, effect).WaitAsync(cancellationToken);
        await TravelAsync(Latency / 2, cancellationToken);
        if (answerLost) throw Lost(call, changes);
        return refusal is null ? answer! : throw refusal;
    }

    async Task<(T? Answer, IaasException? Refusal)> ArriveAsync<T>(string call, bool changes, Func<long, T> effect)
    {
        await TravelAsync(Latency / 2, CancellationToken.None);
        try
        {
            lock (_gate) return (effect(time.GetTimestamp()), null);
        }
        catch (IaasException refusal)
        {
            return (default, refusal);
        }
        catch (IOException unwritten)
        {
            string message = $"{call}: the ledger file {ledgerFile} could not be written: {unwritten.Message}";
            return (default, new IaasException(IaasFailure.Unavailable, message, unwritten) { EffectUnknown = changes });
        }
    }

    Task TravelAsync(TimeSpan way, CancellationToken cancellationToken) =>
        way > TimeSpan.Zero ? Task.Delay(way, time, cancellationToken) : Task.CompletedTask;

    (bool Request, bool Answer) DrawLosses()
    {
        lock (_gate) return (_random.NextDouble() < LostRequests, _random.NextDouble() < LostAnswers);
    }

    // A request that was lost and an answer that was lost look the same from outside, to the letter.
    static IaasException Lost(string call, bool changes) =>
        new(IaasFailure.Unavailable, $"{call}: no answer from the simulated cloud") { EffectUnknown = changes };

    long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
