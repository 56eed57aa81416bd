using Core.Tests.Drivers;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;

[assembly: Driver(DriverGroup.Iaas, "SampleCloud", typeof(SampleCloud))]
[assembly: Driver(DriverGroup.Iaas, "OtherCloud", typeof(OtherCloud))]
[assembly: Driver(DriverGroup.Runtime, "SampleStore", typeof(SampleStore))]
[assembly: Driver(DriverGroup.Presets, "SamplePlace", typeof(SamplePlace))]
[assembly: Driver(DriverGroup.Healthcheck, "SampleCheck", typeof(SampleCheck))]

namespace Core.Tests.Drivers;

public sealed class NoOptions;

public sealed class CloudOptions
{
    [Option("auth_url", "Where to log in.", Required = true, Endpoint = true, Environment = "SAMPLE_AUTH_URL", Aliases = ["url"])]
    public string AuthUrl { get; init; } = "";

    [Option("username", "Who logs in.")]
    public string? Username { get; init; }

    [Option("password", "Its password.", Required = true, Secret = true, Environment = "SAMPLE_PASSWORD")]
    public string Password { get; init; } = "";

    [Option("pin", "A secret number.", Secret = true)]
    public int? Pin { get; init; }

    [Option("http_timeout", "Seconds for one call.", Min = 1, Max = 600)]
    public TimeSpan HttpTimeout { get; init; } = TimeSpan.FromSeconds(10);

    [Option("port", "Port.", Min = 1, Max = 65535)]
    public int Port { get; init; } = 80;

    [Option("verify", "Whether certificates are verified.")]
    public bool Verify { get; init; } = true;

    [Option("owners", "Image owners.")]
    public IReadOnlyList<string> Owners { get; init; } = [];

    [Option("mirrors", "Mirrors by name.")]
    public IReadOnlyDictionary<string, string> Mirrors { get; init; } = new Dictionary<string, string>();

    [Option("regions", "Regions by name.")]
    public IReadOnlyDictionary<string, RegionOptions> Regions { get; init; } = new Dictionary<string, RegionOptions>();

    [Option("old", "Nothing any more.", Ignored = true)]
    public string? Old { get; init; }
}

public sealed class RegionOptions
{
    [Option("url", "Where it is.", Required = true, Endpoint = true)]
    public string Url { get; init; } = "";

    [Option("key", "To get in.", Secret = true, Environment = "SAMPLE_KEY")]
    public string? Key { get; init; }

    [Option("size", "How large.", Min = 1, Max = 9)]
    public int Size { get; init; } = 1;
}

public class SampleCloud(CloudOptions options, DriverContext context) : IIaasDriver, IAsyncDisposable
{
    internal CloudOptions Options { get; } = options;
    internal DriverContext Context { get; } = context;
    internal bool IsDisposed { get; private set; }

    public TimeSpan VisibilityGrace => TimeSpan.Zero;
    public Task<string> GetScopeAsync(CancellationToken cancellationToken) => Task.FromResult("sample");
    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Vm>>([]);
    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) => Task.FromResult<Vm?>(null);
    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) => Task.FromResult("1");
    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

public sealed class OtherCloud(CloudOptions options, DriverContext context) : SampleCloud(options, context);

public sealed class SampleStore(NoOptions options, DriverContext context) : IRuntimeDriver
{
    public object Given { get; } = (options, context);
    public Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => throw new NotSupportedException();
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class SamplePlace(NoOptions options, DriverContext context) : IPresetDriver
{
    public object Given { get; } = (options, context);
    internal Func<PresetSnapshot> Load { get; set; } = () => throw new IOException("out of reach");
    public Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(Load());
}

public sealed class CheckOptions
{
    [Option("report_to", "Who hears of it.", Endpoint = true)]
    public string? ReportTo { get; init; }

    [Option("token", "To be let in there.", Secret = true, Environment = "SAMPLE_TOKEN")]
    public string? Token { get; init; }
}

public sealed class SampleCheck(CheckOptions options, DriverContext context) : IHealthcheckDriver
{
    public object Given { get; } = (options, context);
    public ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken) => new(Verdict.Passed);
}

static class Sample
{
    internal static DriverRegistry Registry { get; } = new(typeof(Sample).Assembly);
    internal static string? NoEnvironment(string variable) => null;

    internal const string Settings = "runtime: {driver: SampleStore}\npresets: {driver: SamplePlace}\n";

    internal static SettingsReading Read(string text, Func<string, string?>? environment = null) =>
        SettingsReader.Read(System.Text.Encoding.UTF8.GetBytes(text), "settings.yaml", Registry, environment ?? NoEnvironment);

    internal static Settings Good(string more = "") => Read(Settings + more).Settings ?? throw new InvalidOperationException(string.Join("; ", Read(Settings + more).Diagnostics));
}
