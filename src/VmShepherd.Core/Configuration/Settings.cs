namespace VmShepherd.Core.Configuration;

/// <summary>The settings file, read and checked.</summary>
public sealed record Settings
{
    /// <summary>The file, as it was named.</summary>
    public string File { get; init; } = "";

    /// <summary><c>worker_interval</c>: between two looks for due presets; at least 0.1 s (0 in a file means that).</summary>
    public TimeSpan WorkerInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>log_level</c>: debug, info, warning, error.</summary>
    public string LogLevel { get; init; } = "info";

    /// <summary><c>installation</c> (G15).</summary>
    public string Installation { get; init; } = "default";

    public HttpSettings Http { get; init; } = new();
    public required DriverReference Runtime { get; init; }
    public required DriverReference Presets { get; init; }

    /// <summary><c>presets.may_override</c>: endpoint options (or <c>driver</c>) that a preset may override and still inherit the secrets of <c>defaults</c>.</summary>
    public IReadOnlyList<string> MayOverride { get; init; } = [];

    /// <summary><c>defaults</c>, as read: merged under every preset's own sections.</summary>
    public required PresetDefaults Defaults { get; init; }

    /// <summary><c>canaries</c> (G8): addresses known to be well, checked by plain HTTP GET.</summary>
    public IReadOnlyList<Uri> Canaries { get; init; } = [];

    /// <summary><c>self_suspicion</c> (G8), 0..1.</summary>
    public double SelfSuspicion { get; init; } = 0.30;

    /// <summary><c>end_budget</c> (G10): ends for ill health in 10 minutes; <see langword="null"/> = max(5, 1 % of all machines).</summary>
    public int? EndBudget { get; init; }

    /// <summary><c>plugins</c> and <c>driver_sources</c>.</summary>
    public PluginSettings Plugins { get; init; } = new();

    /// <summary><c>metrics.per_preset</c>.</summary>
    public bool PerPresetMetrics { get; init; }
}

/// <summary><c>http:</c></summary>
public sealed record HttpSettings
{
    public int ListenPort { get; init; } = 8888;
    public string ListenAddress { get; init; } = "127.0.0.1";

    /// <summary>Host headers that are answered beside loopback names and the listen address.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary><c>api.allowed_methods</c>; <see langword="null"/> = all.</summary>
    public IReadOnlyList<string>? AllowedMethods { get; init; }

    /// <summary><see langword="null"/> = not configured: only loopback may be listened on.</summary>
    public HttpAccess? Access { get; init; }
}

/// <summary><c>http.access</c>: <c>none</c> (no tokens, said aloud), or bearer tokens, each read from a file.</summary>
public sealed record HttpAccess(IReadOnlyList<AccessToken> Tokens)
{
    public bool IsOpen => Tokens.Count == 0;
}

/// <param name="Name">Who it is: stands in reports of what was asked for.</param>
/// <param name="File">Holds the token; read at start and reload.</param>
/// <param name="MayWrite">role write: may call the methods that change something.</param>
public sealed record AccessToken(string Name, string File, bool MayWrite);
