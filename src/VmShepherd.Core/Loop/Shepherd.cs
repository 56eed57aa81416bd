using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <param name="What">The part that is not ready.</param>
/// <param name="Why">And why.</param>
public sealed record ReadinessProblem(string What, string Why);

/// <summary>
/// The loop: reads the presets, claims what is due, has each managed, waits. It takes no argument: whatever somebody wishes for changes what it reads
/// (files, settings, requests in the store) and nudges it.
/// </summary>
public sealed class Shepherd : IAsyncDisposable
{
    /// <summary>For drivers that are not used any more, to let go of what they hold.</summary>
    static readonly TimeSpan DisposePatience = TimeSpan.FromSeconds(10);

    /// <summary>Whoever managed a preset last looks for what is due once in each <c>worker_interval</c>: within two it has, if it lives and has room.</summary>
    const int CourtesyIntervals = 2;

    readonly ILogger _log;
    readonly SteadyClock _clock;
    readonly DriverPool _pool;
    readonly IRuntimeDriver _runtime;
    readonly Metrics _metrics = new();
    readonly Nudge _nudge = new();
    readonly InstanceWatch _watch;
    readonly CanaryWatch _canaries;
    readonly Memory _memory;
    readonly HealthChecks _checks;
    readonly PresetCycle _cycle;
    readonly LaneRunner _runner;
    readonly Lookouts _lookouts;
    readonly CycleLog _cycleLog;
    readonly IUserdataRenderer _userdata;
    readonly ReleasedPresets _released;
    readonly KnownSources _known;
    readonly SourceMoves _moves;
    readonly ReportExchange? _reports;
    readonly PresetsInForce _presets;
    readonly ConcurrentDictionary<string, IaasAccess> _accesses = new(StringComparer.Ordinal);

    // Of the loop alone: passes run one after another.
    readonly Dictionary<string, (Lane Lane, Task Running)> _running = new(StringComparer.Ordinal);
    /// <summary>Ends when the next pass that begins has looked at the presets.</summary>
    TaskCompletionSource _nextPass = NewPass();

    volatile IReadOnlyList<Lane> _lanes = [];
    volatile PresetCatalog? _lanesOf;

    volatile Settings _settings;
    volatile string? _readProblem;

    /// <param name="settings">As read.</param>
    /// <param name="drivers">Where drivers are found.</param>
    /// <param name="userdata">Renders userdata.</param>
    /// <param name="baseDirectory">What relative paths of drivers are relative to.</param>
    /// <param name="instanceId">Unique for each process that ever lives: intents are named after it.</param>
    /// <param name="time">The only clock.</param>
    /// <param name="random">The only source of chance, for drivers.</param>
    /// <param name="loggers">For the loop's lines.</param>
    public Shepherd(Settings settings, DriverRegistry drivers, IUserdataRenderer userdata, string baseDirectory, string instanceId, TimeProvider time, Random random, ILoggerFactory loggers)
    {
        Instance = instanceId;
        _settings = settings;
        _log = loggers.CreateLogger("VmShepherd");
        _clock = new SteadyClock(time);
        _pool = new DriverPool(drivers, new DriverContext(time, random, baseDirectory) { Log = line => Log.DriverSays(_log, line) });
        _runtime = _pool.Get<IRuntimeDriver>(settings.Runtime);
        var builder = new PresetCatalogBuilder(new PresetReader(drivers));
        _userdata = userdata;
        _watch = new InstanceWatch(_clock);
        _canaries = new CanaryWatch(_watch, _clock, _log);
        _memory = new Memory(instanceId, _clock);
        _checks = new HealthChecks(time, _metrics);
        _cycle = new PresetCycle(instanceId, _runtime, _clock, _memory, _watch, _checks, new Executor(_clock, _metrics), _userdata);
        _lookouts = new Lookouts(new LookoutTools(instanceId, _cycle, Board, Input, _clock, _log));
        _runner = new LaneRunner(instanceId, _runtime, time) { Claimed = _lookouts.Claimed };
        _cycleLog = new CycleLog(_log);
        _released = new ReleasedPresets(instanceId, _runtime, _clock);
        _moves = new SourceMoves(_clock);
        _known = new KnownSources(instanceId, _runtime, builder, _clock);
        if (_runtime is IReportStore store) _reports = new ReportExchange(instanceId, store, Board, ManagedElsewhere, _clock, _log);
        Requests = new Requests(instanceId, _runtime, Board, _nudge, _clock);
        if (_runtime is IRuntimeNews news) news.Asked += _nudge.Now;
        _presets = new PresetsInForce(_pool, new CatalogRefresher(builder, time), _known, _nudge, _cycleLog, _clock, _log);
    }

    public StatusBoard Board { get; } = new();

    /// <summary>What people ask for.</summary>
    public Requests Requests { get; }

    /// <summary>Its name in reports.</summary>
    public string Instance { get; }

    public PresetCatalog Catalog => _presets.Catalog;

    public Settings Settings => _settings;

    public Metrics Metrics => _metrics;

    /// <summary>Empty = ready.</summary>
    public IReadOnlyList<ReadinessProblem> NotReady
    {
        get
        {
            List<ReadinessProblem> problems = [];
            if (!_presets.AreLoaded) problems.Add(new ReadinessProblem("presets", _readProblem ?? "not loaded yet"));
            if (_lookouts.Problem is { } store) problems.Add(new ReadinessProblem("runtime", store));
            return problems;
        }
    }

    /// <summary>Before the first cycle: whether the store can ever work as it is set up. One that is merely out of reach, or slow, is waited for.</summary>
    /// <exception cref="ArgumentException">It can't; the message says what to change.</exception>
    public Task CheckStoreAsync(CancellationToken cancellationToken) => StoreCheck.RunAsync(_runtime, _clock.Time, cancellationToken);

    /// <summary>Where these settings' presets come from, as far as no other process may keep them: none, when instances share the store.</summary>
    public IReadOnlyCollection<string> OwnPlaces(Settings settings) => _runtime.IsShared ? [] : _presets.PlacesOf(settings);

    /// <summary>Runs until told to stop; returns when every cycle has ended between two steps, its state is saved and its lease given back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        _lookouts.Open();
        while (!stopping.IsCancellationRequested)
        {
            TaskCompletionSource pass = Interlocked.Exchange(ref _nextPass, NewPass());
            await PassAsync(once: false, stopping);
            pass.TrySetResult();
            await _nudge.WaitAsync(_settings.WorkerInterval, _clock.Time, stopping);
        }

        Log.Stopping(_log);
        _nextPass.TrySetResult(); // none comes any more: nobody may wait for it
        await _lookouts.CloseAsync();
        await Task.WhenAll(_running.Values.Select(lane => lane.Running));
        if (_reports is not null) await _reports.FinishAsync(Catalog);
    }

    /// <summary>Everything that is due, once. True = no preset failed or is frozen, and no step failed.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken stopping)
    {
        bool read = await PassAsync(once: true, stopping);
        await Task.WhenAll(_running.Values.Select(lane => lane.Running));
        if (_reports is not null) await _reports.FinishAsync(Catalog);
        return read && !stopping.IsCancellationRequested && _lookouts.Problem is null && Catalog.Problems.Count == 0
            && Board.All.All(report => report.Instance != Instance || report.Outcome is CycleOutcome.AtRest or CycleOutcome.Done or CycleOutcome.Held);
    }

    /// <summary>What presets would do now. Looks and checks, writes nothing; memory is what the store has.</summary>
    /// <param name="presets">Which; empty = all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<PresetPlan>> PlanAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        if (!_presets.AreLoaded) await _presets.RefreshAsync(_settings, cancellationToken);
        PresetCatalog catalog = Catalog;
        string[] names = [.. presets.Count > 0 ? presets.AsEnumerable() : catalog.Presets.Keys.Concat(catalog.Problems.Select(problem => problem.Preset).OfType<string>()).Distinct().Order(StringComparer.Ordinal)];
        IReadOnlyDictionary<string, VersionedDocument> stored = await _runtime.ReadAsync(names, cancellationToken);
        Dictionary<string, Lane> lanes = [];
        foreach (Lane lane in ReferenceEquals(_lanesOf, catalog) ? _lanes : Lane.Of(catalog.Presets.Values))
        {
            foreach (string name in lane.Names) lanes[name] = lane;
        }

        List<PresetPlan> plans = [];
        foreach (string name in names)
        {
            string[] problems = [.. catalog.ProblemsOf(name).Select(problem => problem.Text)];
            plans.Add(lanes.TryGetValue(name, out Lane? lane)
                ? await PlanAsync(lane, lane.Presets[name], stored.GetValueOrDefault(name), problems, cancellationToken)
                : new PresetPlan(name, 0, null, problems.Length > 0 ? problems : [$"there is no preset '{name}'"]));
        }

        // What is wrong with a source that does not even tell its name must not read as "nothing to do".
        if (presets.Count == 0) plans.AddRange(catalog.Problems.Where(problem => problem.Preset is null).Select(problem => new PresetPlan(problem.Origin.Length > 0 ? problem.Origin : "presets", 0, null, [problem.Text])));
        return plans;
    }

    async Task<PresetPlan> PlanAsync(Lane lane, Preset preset, VersionedDocument? stored, IReadOnlyList<string> problems, CancellationToken cancellationToken)
    {
        CycleInput input;
        try
        {
            input = Input(lane, preset);
        }
        catch (Exception e)
        {
            return new PresetPlan(preset.Name, preset.Count, null, [.. problems, e.Message]);
        }

        return await _cycle.PreviewAsync(input, stored, problems, cancellationToken);
    }

    /// <summary>The userdata a machine of this preset would be started with.</summary>
    public async Task<RenderedUserdata?> RenderUserdataAsync(string preset, CancellationToken cancellationToken)
    {
        if (!_presets.AreLoaded) await _presets.RefreshAsync(_settings, cancellationToken);
        return Catalog.Presets.TryGetValue(preset, out Preset? found) ? await _userdata.RenderAsync(found, cancellationToken) : null;
    }

    /// <summary>Looks for new presets at once, and answers what is in force after that. Only while the loop runs.</summary>
    public async Task<PresetCatalog> LookAgainAsync(CancellationToken cancellationToken)
    {
        await _presets.LookAgainAsync(cancellationToken);
        Task pass = _nextPass.Task;
        _nudge.Now();
        await pass.WaitAsync(cancellationToken);
        return Catalog;
    }

    /// <summary>New settings, in force from the next pass on.</summary>
    /// <exception cref="InvalidOperationException">They change what only a restart can change. The old ones stay in force.</exception>
    public void Reload(Settings settings)
    {
        Settings old = _settings;
        if (settings.Runtime != old.Runtime) throw new InvalidOperationException("'runtime' changed: that needs a restart");
        if (settings.Http.ListenAddress != old.Http.ListenAddress || settings.Http.ListenPort != old.Http.ListenPort)
            throw new InvalidOperationException("'http.listen_address' or 'http.listen_port' changed: that needs a restart");
        if (!settings.Plugins.FindSame(old.Plugins)) throw new InvalidOperationException("'plugins' or 'driver_sources' changed: that needs a restart");
        if (settings.Installation != old.Installation) throw new InvalidOperationException("'installation' changed: that needs a restart, and all machines would belong to somebody else");
        _settings = settings;
        Log.Reloaded(_log);
        _nudge.Now();
    }

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        _nudge.Dispose();
        _canaries.Dispose();
        _metrics.Dispose();
    }

    static TaskCompletionSource NewPass() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <returns>Whether the presets could be read. What was in force before is kept in any case.</returns>
    async Task<bool> PassAsync(bool once, CancellationToken stopping)
    {
        bool read = false;
        try
        {
            read = await _presets.RefreshAsync(_settings, stopping);
            _readProblem = null;
            _canaries.Pass(_settings);
            if (!ReferenceEquals(_lanesOf, Catalog)) await AdoptAsync(Catalog);
            await KeepInStoreAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            // What was in force stays in force, and is kept.
            _readProblem = Causes.Of(e);
            Log.PresetsUnreadable(_log, _readProblem);
        }

        foreach (Lane lane in _lanes)
        {
            if (_running.TryGetValue(lane.Key, out var known) && !known.Running.IsCompleted) continue;
            _running[lane.Key] = (lane, DrainAsync(lane, once, stopping));
        }

        if (!once) _reports?.Begin(Catalog);
        return read;
    }

    /// <summary>What this instance knew of a preset is of no use any more.</summary>
    void ManagedElsewhere(string preset)
    {
        _watch.Forget(preset);
        _memory.Forget(preset);
    }

    /// <summary>What must outlive this process is stored; what need not be remembered any longer is forgotten. A store that fails is tried again in the next pass.</summary>
    async Task KeepInStoreAsync()
    {
        try
        {
            await _known.KeepAsync(Catalog);
            await _released.ForgetAsync();
        }
        catch (Exception e)
        {
            Log.StoreFailed(_log, Causes.Of(e));
        }
    }

    /// <summary>Takes over a new catalog: other lanes, presets released, drivers that nobody uses any more disposed.</summary>
    async Task AdoptAsync(PresetCatalog catalog)
    {
        foreach (string preset in _released.Take([.. catalog.Released.Select(preset => preset.Name)])) Log.PresetReleased(_log, preset);

        // Every preset has a report, one that was never valid too; what is not in force any more has none.
        ILookup<string?, string> problems = catalog.Problems.ToLookup(problem => problem.Preset, problem => problem.Text);
        foreach (string name in problems.Select(group => group.Key).OfType<string>().Where(name => !catalog.Presets.ContainsKey(name)))
            Board.Post(new CycleReport { Preset = name, Outcome = CycleOutcome.Frozen, Started = _clock.Now, Instance = Instance, Problems = [.. problems[name]] }, isBlind: false);
        foreach (string name in Board.All.Select(report => report.Preset).Where(name => !catalog.Presets.ContainsKey(name)))
        {
            ManagedElsewhere(name);
            if (!problems.Contains(name)) Board.Remove(name);
        }

        _moves.Observe(catalog);
        _lanes = Lane.Of(catalog.Presets.Values);
        _lanesOf = catalog;
        _lookouts.Adopt(_lanes);
        _reports?.Adopt(catalog);

        DriverReference[] inUse = [_settings.Runtime, _settings.Presets, .. _lanes.SelectMany(lane => lane.Drivers), .. _lookouts.Drivers,
            .. _running.Values.Where(lane => !lane.Running.IsCompleted).SelectMany(lane => lane.Lane.Drivers)];
        foreach (string key in _accesses.Keys.Except(inUse.Select(driver => driver.Key)).ToArray()) _accesses.TryRemove(key, out _);
        try
        {
            await _pool.ReleaseUnusedAsync(inUse).AsTask().WaitAsync(DisposePatience, _clock.Time);
        }
        catch (Exception e) when (e is AggregateException or TimeoutException)
        {
            Log.DisposeFailed(_log, e.Message);
        }
    }

    async Task DrainAsync(Lane lane, bool once, CancellationToken stopping)
    {
        try
        {
            await _runner.DrainAsync(lane, (lease, sentAt) => ManageAsync(lane, lease, sentAt, stopping), () => _lanes.Contains(lane), once ? null : CourtesyIntervals * _settings.WorkerInterval, stopping);
        }
        catch (Exception e)
        {
            // The store: nothing can be claimed, so nothing is done. The next pass is the retry.
            Log.StoreFailed(_log, Causes.Of(e));
        }
    }

    /// <summary>One manage run. Never throws: a store that fails on one preset must not take the lane along.</summary>
    async Task ManageAsync(Lane lane, PresetLease lease, long claimSentAt, CancellationToken stopping)
    {
        try
        {
            await ManageOneAsync(lane, lane.Presets[lease.Preset], lease, claimSentAt, stopping);
        }
        catch (Exception e)
        {
            Log.StoreFailed(_log, $"{lease.Preset}: {Causes.Of(e)}");
        }
    }

    async Task ManageOneAsync(Lane lane, Preset preset, PresetLease lease, long claimSentAt, CancellationToken stopping)
    {
        Settings settings = _settings;
        if (!Catalog.Presets.ContainsKey(preset.Name))
        {
            await _cycle.GiveBackAsync(lease, settings.WorkerInterval);
            return;
        }

        CycleInput input;
        try
        {
            input = Input(lane, preset);
        }
        catch (Exception e)
        {
            Log.DriverFailed(_log, preset.Iaas.Name, e.Message);
            Post(_cycle.Unmanageable(preset, e.Message, lease));
            await _cycle.GiveBackAsync(lease, settings.WorkerInterval);
            return;
        }

        CycleReport report = await _cycle.RunAsync(input, lease, claimSentAt, stopping);
        report = report with { Problems = [.. report.Problems, .. Catalog.ProblemsOf(preset.Name).Select(problem => problem.Text)] };
        _metrics.CycleEnded(report.Took);
        _cycleLog.Cycle(Board.Find(preset.Name), report);
        Post(report);
    }

    void Post(CycleReport report)
    {
        report = Board.Post(report, isBlind: report.Machines.Count == 0 && report.Outcome is (CycleOutcome.Failed or CycleOutcome.Frozen or CycleOutcome.LeaseLost));
        _reports?.Tell(report);
    }

    CycleInput Input(Lane lane, Preset preset)
    {
        IaasAccess access = _accesses.GetOrAdd(lane.Iaas.Key, _ => new IaasAccess(_pool.Get<IIaasDriver>(lane.Iaas), lane.Iaas.Name, _clock, _metrics));
        IHealthcheckDriver? healthcheck = preset.Healthcheck is { } reference ? _pool.Get<IHealthcheckDriver>(reference) : null;
        Settings settings = _settings;
        TimeSpan interval = preset.ManageInterval > settings.WorkerInterval ? preset.ManageInterval : settings.WorkerInterval;
        return new CycleInput(preset, lane.SharedWith, access, healthcheck, settings, interval) { LooksLike = Catalog.LookAlikes.GetValueOrDefault(preset.Name), IsStale = Catalog.IsStale(preset), Move = _moves.Of(preset.Name) };
    }
}
