using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Drivers.Runtime.InMemory;

namespace Core.Tests.Simulation;

/// <summary>All there is in one run: a clock, a cloud, a store or one for each life, one or two instances, and who watches them.</summary>
sealed class World : IDisposable
{
    public const string PoisonedPreset = "p0";

    /// <summary>What stands in the ledger for an end that the shepherd had no part in.</summary>
    public const string ByHand = "by hand";

    readonly Instance?[] _slots;
    readonly TimeSpan[] _wallOffsets;
    readonly Random _restarts;
    readonly Queue<string> _lines = new();
    readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);
    readonly Dictionary<string, Preset> _inForce = new(StringComparer.Ordinal);
    readonly Dictionary<string, CycleReport> _reports = new(StringComparer.Ordinal);
    readonly Dictionary<string, Preset> _latest = new(StringComparer.Ordinal);
    readonly List<Instance> _all = [];
    IRuntimeDriver _store;
    int _incarnations, _generation, _requests;

    public World(Scenario scenario, Tally tally, int? crashAt = null)
    {
        (Scenario, Tally) = (scenario, tally);
        _restarts = new Random(scenario.Seed ^ 0xB007);
        Faults = new Faults(scenario, Time, tally) { CrashAt = crashAt };
        Truth = new Truth(scenario, Time);
        Oracle = new Oracle(this);
        Cloud = new SimulatedCloud(Time, scenario.Seed) { Latency = scenario.Latency, Staleness = scenario.Staleness, BootTime = scenario.BootTime };
        Cloud.Recorded += entry =>
        {
            Oracle.Recorded(entry);
            if (entry is { Op: LedgerOp.Create, Intent: not null } && Faults.Lasts(Mischief.BadImage)) _ = FailSoonAsync(entry.Id);
        };
        _slots = new Instance?[scenario.Mode == StoreMode.Survives ? 2 : 1];
        _wallOffsets = new TimeSpan[_slots.Length];
        _store = NewStore();
        foreach (Preset preset in scenario.Presets) Change(preset);
    }

    public Scenario Scenario { get; }
    public Tally Tally { get; }
    public VirtualTime Time { get; } = new();
    public SimulatedCloud Cloud { get; }
    public Faults Faults { get; }
    public Truth Truth { get; }
    public Oracle Oracle { get; }
    public IReadOnlyList<Lane> Lanes { get; private set; } = [];

    /// <summary>The latest report of each preset in force.</summary>
    public IReadOnlyDictionary<string, CycleReport> Reports => _reports;

    /// <summary>What happened lately, for whoever has to understand a failure.</summary>
    public IEnumerable<string> Lines => _lines;

    /// <summary>Everything that ever had an effect in the cloud: the same for the same seed.</summary>
    public List<string> Ledger { get; } = [];

    public int Slots => _slots.Length;

    public IEnumerable<Instance> Alive => _slots.OfType<Instance>();

    public Instance? InSlot(int slot) => _slots[slot];

    /// <summary>The store that is in use now.</summary>
    public IRuntimeDriver Store => _store;

    public int Generation => _generation;

    /// <summary>The presets in force.</summary>
    public IReadOnlyDictionary<string, Preset> Presets => _inForce;

    /// <summary>A preset as it is in force, or was before it was released: cycles that began before go on.</summary>
    public Preset Latest(string preset) => _latest[preset];

    /// <summary>Which store's state of <see cref="PoisonedPreset"/> is rubbish; null = none's.</summary>
    public int? PoisonedGeneration { get; set; }

    public bool IsPoisoned(string preset) => preset == PoisonedPreset && Scenario.HasPoison;

    public TimeSpan WallOffset(int slot) => _wallOffsets[slot];

    public void JumpWall(int slot, TimeSpan by)
    {
        // The calendar has ends.
        TimeSpan offset = _wallOffsets[slot] + by;
        if (offset.Duration() < TimeSpan.FromDays(365 * 50)) _wallOffsets[slot] = offset;
    }

    public void Say(string line)
    {
        if (_lines.Count == 200) _lines.Dequeue();
        _lines.Enqueue($"{Time.Elapsed:hh\\:mm\\:ss\\.fff} {line}");
    }

    public void Start(int slot)
    {
        if (_slots[slot] is not null) return;

        // A process begins with the right time. One that begins with a wrong one misjudges the age of adopted machines, which the IaaS tells by its own clock (G11).
        _wallOffsets[slot] = TimeSpan.Zero;
        var instance = new Instance(this, slot, $"i{slot}.{++_incarnations}", _store, _generation);
        _slots[slot] = instance;
        _all.Add(instance);
        Say($"{instance.Id} starts");
        instance.Start();
    }

    /// <summary>A process dies here and now; another one starts in its place later.</summary>
    public void Kill(Instance instance, string where)
    {
        if (!instance.IsAlive) return;
        Say($"{instance.Id} dies {where}");
        Tally.Add("crash");
        Bury(instance);
    }

    /// <summary>A process that ended in order is followed by another one.</summary>
    public void Bury(Instance instance)
    {
        instance.Die();
        if (_slots[instance.Slot] != instance) return;
        _slots[instance.Slot] = null;
        if (Scenario.Mode == StoreMode.Lost)
        {
            // Who has forgotten where home is takes the first place for it: no wrong scope is told from the right one without memory (G4).
            Faults.End(Mischief.WrongScope);
            _store = NewStore();
            _generation++;
            Oracle.StoreLost();
        }

        _ = RestartAsync(instance.Slot);
    }

    async Task RestartAsync(int slot)
    {
        double seconds = _restarts.Next(4) == 0 ? _restarts.NextDouble() * 200 : 0.5 + (_restarts.NextDouble() * 20);
        await Task.Delay(TimeSpan.FromSeconds(Faults.Stormy ? seconds : 1), Time);
        Start(slot);
    }

    public void Change(Preset preset)
    {
        if (_latest.TryGetValue(preset.Name, out Preset? before) && before.Count != preset.Count) Oracle.CountChanges(preset.Name);
        _latest[preset.Name] = _inForce[preset.Name] = preset;
        Reload();
    }

    public void Release(string preset)
    {
        _inForce.Remove(preset);
        _reports.Remove(preset);
        Oracle.Released(preset);
        Reload();
    }

    /// <summary>A person wants this machine to go.</summary>
    public void AskForEnd(Machine machine)
    {
        Oracle.Requested.Add(machine.Id);
        byte[] request = HistoryCodec.EncodeRequest(new Request.Terminate($"r{++_requests}", "a person", machine.Id));
        _ = Store.RequestAsync(machine.Preset, System.Text.Encoding.UTF8.GetString(request), CancellationToken.None);
    }

    /// <summary>When the store's clock was last set forward, so that leases ran out early.</summary>
    public TimeSpan? ClockSetForwardAt { get; private set; }

    /// <summary>When the store last lost what was committed shortly before.</summary>
    public TimeSpan? FailedOverAt { get; private set; }

    /// <summary>When the store last let leases last longer: it found its clock set back, or failed over.</summary>
    public TimeSpan? LeasesProlongedAt { get; private set; }

    /// <summary>Of a store that is a server.</summary>
    public void SetStoreClock(TimeSpan by)
    {
        var server = (SimulatedStore)_store;
        if (!server.IsClockNoted) return;
        server.SetClock(by);
        if (by > TimeSpan.Zero) ClockSetForwardAt = Time.Elapsed;
        Tally.Add(by > TimeSpan.Zero ? "store's clock set forward by an hour" : "store's clock set back by an hour");
        Say($"   the store's clock is set by {by}");
    }

    /// <summary>The server is followed by a replica that has received nothing for a while.</summary>
    public async Task FailOverAsync(TimeSpan lag)
    {
        var server = (SimulatedStore)_store;
        (object replica, object known) = (server.Replicate(), Oracle.Remember());
        await Task.Delay(lag, Time);
        if (!Faults.Stormy) return;
        if (server.FailOver(replica)) Tally.Add("failover that lost commits");
        FailedOverAt = LeasesProlongedAt = Time.Elapsed;
        Oracle.FailedOver(known);
        Say($"   a replica takes over that lacks the last {lag}");

        // A person whose request was lost asks again; rubbish may have been lost as well.
        foreach (Machine machine in Oracle.Requested.Select(Truth.Find).OfType<Machine>().Where(machine => !machine.IsGone).ToArray()) AskForEnd(machine);
        if (PoisonedGeneration is not null && !await server.HoldsAsync(PoisonedPreset, Storm.Rubbish)) PoisonedGeneration = null;
    }

    /// <summary>From now on only reports count that are still to come.</summary>
    public void ForgetReports() => _reports.Clear();

    void Reload() => Lanes = Lane.Of(_inForce.Values.OrderBy(preset => preset.Name, StringComparer.Ordinal));

    public void Reported(Instance instance, CycleReport report)
    {
        if (!instance.IsAlive) return;
        if (_inForce.ContainsKey(report.Preset)) _reports[report.Preset] = report;
        Guards.Count(report, Tally);
        if (report.Outcome == CycleOutcome.AtRest) return;
        string text = $"{report.Preset}: {report.Outcome}, {report.Present} of {report.Desired}"
            + string.Concat(report.Steps.Select(step => $"; {(step.Step as Step.Terminate)?.Cause.ToString() ?? "create"} {step.Vm}: {step.Problem ?? "ok"}"))
            + string.Concat(report.Held.Select(hold => $"; held by {hold.Brake}: {hold.Reason}")) + string.Concat(report.Notes.Concat(report.Problems).Select(note => $"; {note}"));
        if (report.Steps.Count == 0 && _said.GetValueOrDefault(report.Preset) == text) return; // the same as before: once is enough
        _said[report.Preset] = text;
        Say($"{instance.Id} {report.Token} {text}");
    }

    /// <summary>A machine made of a bad image does not live long enough to pass a check.</summary>
    async Task FailSoonAsync(string id)
    {
        await Task.Delay(Scenario.BootTime / 2, Time);
        Cloud.Fail(id);
    }

    IRuntimeDriver NewStore() => Scenario.HasServer ? new SimulatedStore(Time) { Mended = () => LeasesProlongedAt = Time.Elapsed } : new InMemoryDriver(new InMemoryOptions(), new DriverContext(Time, new Random(Scenario.Seed), "/"));

    public void Dispose()
    {
        foreach (Instance instance in _all) instance.Dispose();
        Cloud.Dispose();
    }
}
