using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace Core.Tests.Simulation;

/// <summary>Whether what the shepherd remembers outlives it.</summary>
public enum StoreMode
{
    /// <summary>Two instances share a store that no crash touches.</summary>
    Survives,

    /// <summary>One instance, whose store is lost with its process.</summary>
    Lost,
}

/// <summary>
/// What a seed makes of the world. Not every storm has every fault (each is left out half of the time), so that rare states are not always drowned
/// by frequent ones.
/// </summary>
sealed class Scenario
{
    static readonly DriverReference Nothing = new(DriverGroup.Presets, "none", "none", new object());

    readonly Random _random;

    public Scenario(int seed, StoreMode mode)
    {
        _random = new Random(seed);
        Seed = seed;
        Mode = mode;
        Storm = Seconds(300, 1200);
        WorkerInterval = Seconds(1, 6);
        Lease = Pick(15, 20, 40, 90);
        Latency = Often(0.5) ? Seconds(0.05, 0.6) : TimeSpan.Zero;
        Staleness = Often(0.6) ? Seconds(1, 30) : TimeSpan.Zero;
        BootTime = Seconds(1, 25);
        WarmUp = Often(0.3) ? Seconds(5, 40) : TimeSpan.Zero;
        MaxTransit = Often(0.6) ? Seconds(0.5, Math.Min(5, Lease.TotalSeconds / 3 - 1)) : TimeSpan.Zero;

        LostRequests = Chance(0.08);
        LostAnswers = Chance(0.08);
        Delays = MaxTransit > TimeSpan.Zero ? Chance(0.15) : 0;
        LongDelays = Chance(0.02);
        Crashes = Chance(0.004);
        ShortLists = Chance(0.15);
        Repeats = Chance(0.2);

        Settings = new Settings
        {
            Installation = "sim",
            WorkerInterval = WorkerInterval,
            Runtime = Nothing,
            Presets = Nothing,
            Defaults = new PresetDefaults("", new Dictionary<string, object?>(), new Dictionary<string, object?>()),
            EndBudget = Often(0.3) ? _random.Next(1, 4) : null,
        };
        HasCanaries = Often(0.3);
        HasPoison = Often(0.3);
        Weights = [.. Enum.GetValues<Mischief>().Select(_ => Often(0.5) ? _random.NextDouble() : 0)];
        bool large = Often(0.3);
        Presets = [.. Enumerable.Range(0, large ? 4 : _random.Next(2, 5)).Select(i => NewPreset($"p{i}", large ? _random.Next(7, 13) : _random.Next(1, 13)))];
    }

    /// <summary>The store is a server for many: its clock is set, and it fails over to replicas that lack the last commits.</summary>
    public bool HasServer => Mode == StoreMode.Survives && Seed % 4 >= 2;

    public int Seed { get; }
    public StoreMode Mode { get; }
    public TimeSpan Storm { get; }
    public TimeSpan WorkerInterval { get; }
    public TimeSpan Lease { get; }
    public TimeSpan Latency { get; }
    public TimeSpan Staleness { get; }
    public TimeSpan BootTime { get; }

    /// <summary>For so long after its boot a machine's checks fail: it is starting up.</summary>
    public TimeSpan WarmUp { get; }

    /// <summary>
    /// How long a request that acts may be on its way. Less than a third of the lease: a call sent at the last moment has had its effect before anybody
    /// else may begin. A network that keeps requests for longer would need an IaaS that knows fencing tokens; no shepherd can heal that.
    /// It counts to the visibility grace that the driver declares.
    /// </summary>
    public TimeSpan MaxTransit { get; }

    public double LostRequests { get; }
    public double LostAnswers { get; }
    public double Delays { get; }

    /// <summary>Answers, lists and calls of the store that take longer than a lease.</summary>
    public double LongDelays { get; }
    public double Crashes { get; }
    public double ShortLists { get; }
    public double Repeats { get; }
    public Settings Settings { get; }
    public bool HasCanaries { get; }

    /// <summary>The first preset's stored state becomes rubbish, and its health check throws (L4).</summary>
    public bool HasPoison { get; }

    /// <summary>How often each kind of mischief is done, one beside another.</summary>
    public double[] Weights { get; }

    public IReadOnlyList<Preset> Presets { get; }

    public TimeSpan VisibilityGrace => Staleness + Latency + MaxTransit;

    Preset NewPreset(string name, int count) => new(name, count)
    {
        Iaas = new DriverReference(DriverGroup.Iaas, "sim", "sim", new object()),
        Healthcheck = Often(0.9) ? new DriverReference(DriverGroup.Healthcheck, "sim", "sim", new object()) : null,
        ManageInterval = Seconds(0, 20),
        ManageExpire = Often(0.7) ? Lease : Lease * 2,
        ScaleIn = Often(0.3) ? ScaleIn.None : Pick(ScaleIn.Newest, ScaleIn.Oldest, ScaleIn.UnhealthyFirst),
        SpecHash = "spec-1",
        Health = new HealthPolicy { TerminateAfter = Often(0.85) ? Seconds(0, 60) : null, StartupGrace = WarmUp + Seconds(5, 60) },
        Limits = new SafetyLimits
        {
            HoldProbe = Seconds(60, 240),
            CreationTimeout = Seconds(60, 240),
            ReplacePace = Often(0.7) ? 0.10 : 0.30,
            MaxUnhealthy = Often(0.8) ? 0.40 : 0.25,
        },
    };

    bool Often(double share) => _random.NextDouble() < share;

    double Chance(double most) => Often(0.5) ? _random.NextDouble() * most : 0;

    TimeSpan Seconds(double least, double most) => TimeSpan.FromMilliseconds(Math.Round((least + (_random.NextDouble() * (most - least))) * 1000));

    TimeSpan Pick(params int[] seconds) => TimeSpan.FromSeconds(seconds[_random.Next(seconds.Length)]);

    ScaleIn Pick(params ScaleIn[] policies) => policies[_random.Next(policies.Length)];
}
