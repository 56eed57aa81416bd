using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Which machines go first when there are more than <see cref="Preset.Count"/>.</summary>
public enum ScaleIn
{
    /// <summary>None: they stay, and every report says so.</summary>
    None,
    Oldest,
    Newest,
    UnhealthyFirst,
}

/// <summary>One group of machines as its owner wants it: merged with the defaults, checked, immutable.</summary>
/// <param name="Name">The group's name, which its machines carry. Compared ordinally.</param>
/// <param name="Count">Machines to keep; at least 0.</param>
public sealed record Preset(string Name, int Count)
{
    /// <summary>Which place it was read from (file, or repository:path).</summary>
    public string Origin { get; init; } = "";

    /// <summary>For messages: <see cref="Origin"/> with the commit, where there is one (repository@commit:path).</summary>
    public string Location { get => field ?? Origin; init; }

    /// <summary>The commit it is of; <see langword="null"/> = its place has none.</summary>
    public SourceCommit? Commit { get; init; }

    /// <summary>Which version of it this is.</summary>
    public PresetVersion Version { get; init; } = PresetVersion.None;

    /// <summary>Of the source and the defaults together: the same revision, the same preset.</summary>
    public string Revision => Version.Revision;

    /// <summary>Why another instance's version counts instead of this one, which must not be acted by (G17); <see langword="null"/> = this one counts.</summary>
    public string? Superseded { get; init; }

    /// <summary>Hash of what a machine is made of (image, flavor, network, key, user data as written, tags): changes mean drift. Kept short, it stands in metadata.</summary>
    public string SpecHash { get; init; } = "";

    public string Image { get; init; } = "";
    public string Flavor { get; init; } = "";
    public Userdata Userdata { get; init; } = Userdata.None;
    public string? KeyName { get; init; }
    public NetworkSpec Network { get; init; } = NetworkSpec.Empty;

    /// <summary>Tags with their YAML types, as templates, API and panel see them.</summary>
    public IReadOnlyDictionary<string, object?> MetaTags { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>Links beside each machine in the panel, by their label; <c>{ip}</c> or the word <c>ip</c> stands for the address.</summary>
    public IReadOnlyDictionary<string, string> PanelLinks { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>From the end of one manage run to the next. 0 = every cycle.</summary>
    public TimeSpan ManageInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The lease: after it another instance may take over. At least 15 s.</summary>
    public TimeSpan ManageExpire { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Observe and check only.</summary>
    public bool Unmanaged { get; init; }

    public ScaleIn ScaleIn { get; init; }

    /// <summary><c>previous_names</c>: names it had before. Machines of these names are its own.</summary>
    public IReadOnlyList<string> PreviousNames { get; init; } = [];

    /// <summary>Whether a machine of this name is one of this group. Ordinal.</summary>
    public bool Owns(string machineName) => string.Equals(machineName, Name, StringComparison.Ordinal) || PreviousNames.Contains(machineName, StringComparer.Ordinal);

    /// <summary>Which IaaS driver with which options; equal for presets that share a driver instance.</summary>
    public required DriverReference Iaas { get; init; }

    /// <summary>Which health check; <see langword="null"/> = none: a machine that runs counts as healthy.</summary>
    public DriverReference? Healthcheck { get; init; }

    public HealthPolicy Health { get; init; } = new();
    public SafetyLimits Limits { get; init; } = new();

    /// <summary>The whole merged document, in the order of the file: what templates are rendered with.</summary>
    public IReadOnlyDictionary<string, object?> Document { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, object?>.Empty;
}

/// <summary>Networking as the preset asks for it.</summary>
public sealed record NetworkSpec(IReadOnlyList<string> SecurityGroups, string? AvailabilityZone, IReadOnlyList<string> Subnets)
{
    public static NetworkSpec Empty { get; } = new([], null, []);
}

/// <summary>User data as written. Rendering is <see cref="IUserdataRenderer"/>'s affair.</summary>
/// <param name="Text">The text itself, or <c>file://PATH</c>; <see langword="null"/> = none.</param>
/// <param name="Files">The files that <c>file://</c> may reach.</param>
public sealed record Userdata(string? Text, IPresetFiles? Files)
{
    public static Userdata None { get; } = new(null, null);

    /// <summary>Where the file has it.</summary>
    public YamlNode? At { get; init; }

    /// <summary>Never the text: it may hold secrets.</summary>
    public override string ToString() => Text is null ? "no userdata" : Text.StartsWith("file://", StringComparison.Ordinal) ? Text : "userdata (***)";
}

/// <summary>When ill health may end a machine. Ill: delay not null, more than 5 failed checks before this one, the first of them older than the delay.</summary>
public sealed record HealthPolicy
{
    /// <summary><c>terminate_health_failed_delay</c>; <see langword="null"/> (-1 in files) = never.</summary>
    public TimeSpan? TerminateAfter { get; init; }

    /// <summary><c>startup_grace</c> (G11).</summary>
    public TimeSpan StartupGrace { get; init; } = TimeSpan.FromSeconds(120);
}

/// <summary>The preset's own bounds of the guards.</summary>
public sealed record SafetyLimits
{
    /// <summary><c>visibility_grace</c> (G2, G3, G5); <see langword="null"/> = what the IaaS driver declares.</summary>
    public TimeSpan? VisibilityGrace { get; init; }

    /// <summary><c>max_vanished</c> (G5), 0..1.</summary>
    public double MaxVanished { get; init; } = 0.40;

    /// <summary><c>max_dead</c> (G6), 0..1.</summary>
    public double MaxDead { get; init; } = 0.40;

    /// <summary><c>max_unhealthy</c> (G7), 0..1.</summary>
    public double MaxUnhealthy { get; init; } = 0.40;

    /// <summary><c>hold_probe</c> (G7).</summary>
    public TimeSpan HoldProbe { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary><c>replace_pace</c> (G9), 0..1.</summary>
    public double ReplacePace { get; init; } = 0.10;

    /// <summary><c>creation_timeout</c> (G12).</summary>
    public TimeSpan CreationTimeout { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>A share of <paramref name="whole"/>, rounded down, but at least 1.</summary>
    /// <remarks>The tiny term keeps 0.29 * 100 from becoming 28: a percentage is meant in decimals.</remarks>
    public static int Share(double share, int whole) => Math.Max(1, (int)Math.Floor((share * whole) + 1e-9));
}
