using System.Text;
using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using VmShepherd.Drivers.Runtime.InMemory;

namespace Core.Tests.Loop;

/// <summary>One instance, one preset: everything real but the IaaS, the check and the clock.</summary>
sealed class Stage : IDisposable
{
    readonly Metrics _metrics = new();

    /// <param name="count">Machines wanted, which are there and well.</param>
    public Stage(int count = 3)
    {
        Preset = Given.Preset(count);
        Iaas = new FakeIaas(Log);
        for (int i = 1; i <= count; i++) Iaas.Add($"vm{i}");
        Clock = new SteadyClock(Time);
        Store = new WatchedStore(new InMemoryDriver(new(), new(Time, new Random(1), "/")), Log);
        Access = new IaasAccess(Iaas, "Fake", Clock, _metrics);
        Memory = new Memory("instance", Clock);
        Watch = new InstanceWatch(Clock);
        Check = new FakeCheck(vm => Ill.Contains(vm.Id) ? Fate.Bad : Verdict.Passed);
        Cycle = new PresetCycle("instance", Store, Clock, Memory, Watch, new HealthChecks(Time, _metrics), new Executor(Clock, _metrics), Userdata);
    }

    public FakeTimeProvider Time { get; } = new(Given.Noon);
    public SteadyClock Clock { get; }
    public PresetCycle Cycle { get; }

    /// <summary>Every call to IaaS and store, in order.</summary>
    public List<string> Log { get; } = [];
    public FakeIaas Iaas { get; }
    public WatchedStore Store { get; }
    public IaasAccess Access { get; }
    public Memory Memory { get; }
    public InstanceWatch Watch { get; }
    public FakeUserdata Userdata { get; } = new();
    public HashSet<string> Ill { get; } = [];
    public IHealthcheckDriver Check { get; set; }
    public Preset Preset { get; set; }

    public static Settings Settings { get; } = new()
    {
        Runtime = new DriverReference("vmshepherd.driver.runtime", "InMemoryDriver", "r", new object()),
        Presets = new DriverReference("vmshepherd.driver.presets", "Fake", "p", new object()),
        Defaults = new PresetDefaults("", new Dictionary<string, object?>(), new Dictionary<string, object?>()),
    };

    readonly HashSet<string> _shared = ["web"];

    /// <summary>Its source gives it another name, and the present one as its previous one.</summary>
    public void Rename(string name)
    {
        Preset = Preset with { Name = name, PreviousNames = [Preset.Name] };
        _shared.Add(name);
    }

    /// <summary>Other presets of the same account.</summary>
    public void Share(IEnumerable<Preset> others) => _shared.UnionWith(others.Select(preset => preset.Name));

    /// <summary>The lease of the next due time, or null when somebody else has it.</summary>
    public async Task<PresetLease?> ClaimAsync() =>
        (await Store.ClaimAsync(new ClaimRequest("instance", [Preset.Name], 1, Preset.ManageExpire), CancellationToken.None)).SingleOrDefault();

    /// <summary>Lets an interval pass, claims, runs one cycle.</summary>
    public Task<CycleReport> RunAsync() => RunUntilAsync(CancellationToken.None);

    /// <summary>The same, in a process that may be told to stop.</summary>
    public async Task<CycleReport> RunUntilAsync(CancellationToken stopping)
    {
        Time.Advance(Given.Interval + TimeSpan.FromSeconds(1));
        long sentAt = Time.GetTimestamp();
        PresetLease lease = await ClaimAsync() ?? throw new InvalidOperationException("not due");
        Log.Clear();
        return await RunUntilAsync(lease, sentAt, stopping);
    }

    public Task<CycleReport> RunAsync(PresetLease lease, long sentAt) => RunUntilAsync(lease, sentAt, CancellationToken.None);

    Task<CycleReport> RunUntilAsync(PresetLease lease, long sentAt, CancellationToken stopping) =>
        Cycle.RunAsync(Input(Preset), lease, sentAt, stopping);

    public CycleInput Input(Preset preset) => new(preset, _shared, Access, Check, Settings, Given.Interval);

    /// <summary>Runs until nothing is left to do.</summary>
    public async Task<Stage> SettledAsync()
    {
        for (int i = 0; i < 3; i++) await RunAsync();
        return this;
    }

    public Task AskAsync(Request request) => Store.RequestAsync(Preset.Name, Encoding.UTF8.GetString(HistoryCodec.EncodeRequest(request)), CancellationToken.None);

    /// <summary>What the store holds.</summary>
    public async Task<History?> StoredAsync()
    {
        IReadOnlyDictionary<string, VersionedDocument> all = await Store.ReadAsync([Preset.Name], CancellationToken.None);
        return all.TryGetValue(Preset.Name, out VersionedDocument? document) ? HistoryCodec.Decode(document.Content.Span, document.Age, "instance", Clock.Now) : null;
    }

    public void Dispose() => _metrics.Dispose();
}
