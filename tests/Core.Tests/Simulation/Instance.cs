using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;

namespace Core.Tests.Simulation;

/// <summary>One incarnation of one instance: the real loop, from its start to its death.</summary>
sealed class Instance : IDisposable
{
    readonly World _world;
    readonly SteadyClock _clock;
    readonly Metrics _metrics = new();
    readonly PresetCycle _cycle;
    readonly LaneRunner _runner;
    readonly WiredIaas _wired;
    readonly IaasAccess _iaas;
    readonly IHealthcheckDriver _checks;
    readonly CancellationTokenSource _stopping = new();

    public Instance(World world, int slot, string id, IRuntimeDriver store, int generation)
    {
        (_world, Slot, Id, Store, Generation) = (world, slot, id, store, generation);
        StartedAt = world.Time.Elapsed;
        Time = new InstanceTime(world.Time, () => world.WallOffset(slot));
        _clock = new SteadyClock(Time);
        var wire = new Wire(world, this);
        var stored = new WiredStore(world, this, wire, store);
        _checks = new WiredCheck(world, this);
        _wired = new WiredIaas(world, this, wire);
        _iaas = new IaasAccess(_wired, "sim", _clock, _metrics);
        Watch = new InstanceWatch(_clock);
        _cycle = new PresetCycle(id, stored, _clock, new Memory(id, _clock), Watch, new HealthChecks(Time, _metrics), new Executor(_clock, _metrics), new NoUserdata());
        _runner = new LaneRunner(id, stored, Time);
    }

    public int Slot { get; }
    public string Id { get; }
    public IRuntimeDriver Store { get; }

    /// <summary>When the oldest look was begun that has not ended: who joins it sees no later state.</summary>
    public TimeSpan? OldestLook => _wired.OldestLook;

    /// <summary>Which store: a lost one is followed by the next.</summary>
    public int Generation { get; }
    public TimeSpan StartedAt { get; }
    public InstanceTime Time { get; }
    public InstanceWatch Watch { get; }
    public bool IsAlive { get; private set; } = true;

    public void Start()
    {
        foreach (TimeSpan lease in _world.Scenario.Presets.Select(preset => preset.ManageExpire).Distinct()) Running.Add(RunLaneAsync(lease));
    }

    List<Task> Running { get; } = [];

    /// <summary>The process is gone: nothing of it moves any more.</summary>
    public void Die()
    {
        IsAlive = false;
        Time.Stopped = true;
    }

    /// <summary>Asked to stop: ends between two steps and gives its leases back.</summary>
    public Task StopAsync()
    {
        _stopping.Cancel(); // the asynchronous form would leave the thread
        return Task.WhenAll(Running);
    }

    /// <summary>What the store holds of a preset, looked at without anybody noticing.</summary>
    public History? Remembers(string preset)
    {
        var documents = Store.ReadAsync([preset], CancellationToken.None).GetAwaiter().GetResult();
        try
        {
            return documents.TryGetValue(preset, out VersionedDocument? document) ? HistoryCodec.Decode(document.Content.Span, document.Age, "", _clock.Now) : null;
        }
        catch (InvalidDataException)
        {
            return null; // poisoned
        }
    }

    async Task RunLaneAsync(TimeSpan lease)
    {
        while (!_stopping.IsCancellationRequested)
        {
            // The presets in force, as they are when the lane is worked off.
            if (_world.Lanes.FirstOrDefault(lane => lane.Lease == lease) is { } lane)
            {
                try
                {
                    await _runner.DrainAsync(lane, (granted, sentAt) => ManageAsync(lane, granted, sentAt), () => _world.Lanes.Contains(lane), courtesy: 2 * _world.Scenario.WorkerInterval, _stopping.Token);
                }
                catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException)
                {
                    _world.Tally.Add("a claim failed");
                }
            }

            if (_stopping.IsCancellationRequested) break;
            await Task.Delay(_world.Scenario.WorkerInterval, Time);
        }
    }

    async Task ManageAsync(Lane lane, PresetLease lease, long sentAt)
    {
        Preset preset = lane.Presets[lease.Preset];
        if (!_world.Presets.ContainsKey(preset.Name))
        {
            await _cycle.GiveBackAsync(lease, _world.Scenario.WorkerInterval);
            return;
        }

        TimeSpan interval = preset.ManageInterval > _world.Scenario.WorkerInterval ? preset.ManageInterval : _world.Scenario.WorkerInterval;
        var input = new CycleInput(preset, lane.SharedWith, _iaas, preset.Healthcheck is null ? null : _checks, _world.Scenario.Settings, interval);
        Watch.CanariesFail = _world.Scenario.HasCanaries && _world.Faults.Lasts(Mischief.CutOff) && _world.Faults.CutOff.Slot == Slot;
        CycleReport report = await _cycle.RunAsync(input, lease, sentAt, _stopping.Token);
        _world.Reported(this, report);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _stopping.Dispose();
    }

    sealed class NoUserdata : IUserdataRenderer
    {
        public ValueTask<RenderedUserdata> RenderAsync(Preset preset, CancellationToken cancellationToken) => new(new RenderedUserdata(null, null));
    }
}
