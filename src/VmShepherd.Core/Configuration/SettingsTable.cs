using VmShepherd.Abstractions;

namespace VmShepherd.Core.Configuration;

/// <summary>The keys of the settings file.</summary>
static class SettingsTable
{
    static readonly HttpSettings PlainHttp = new();

    internal static KeySection PresetSource { get; } = new(
        new KeyDefinition("may_override", KeyKind.Texts, "Options (or 'driver') that a preset may override and still inherit the secrets of 'defaults'."));

    internal static KeySection Defaults { get; } = new(
        new KeyDefinition("iaas", KeyKind.Driver, "Merged under every preset's 'iaas'.") { Group = DriverGroup.Iaas, Keys = PresetTable.Iaas },
        new KeyDefinition("healthcheck", KeyKind.Driver, "Merged under every preset's 'healthcheck'.") { Group = DriverGroup.Healthcheck, Keys = PresetTable.Healthcheck });

    internal static KeySection Token { get; } = new(
        new KeyDefinition("name", KeyKind.Text, "Who it is: stands in reports.") { IsRequired = true },
        new KeyDefinition("file", KeyKind.Text, "File that holds the token, relative to the settings file.") { IsRequired = true },
        new KeyDefinition("role", KeyKind.Word, "What it may do: 'write' may also change something.") { IsRequired = true, Words = ["read", "write"] });

    internal static KeySection Access { get; } = new(new KeyDefinition("tokens", KeyKind.Sections, "The tokens, at least one.") { IsRequired = true, Keys = Token });

    internal static KeySection Api { get; } = new(new KeyDefinition("allowed_methods", KeyKind.Texts, "JSON-RPC methods that may be called; all when left out."));

    internal static KeySection Http { get; } = new(
        new KeyDefinition("listen_port", KeyKind.Integer, "TCP port; 0 = any free one.") { Min = 0, Max = 65535, Default = PlainHttp.ListenPort },
        new KeyDefinition("listen_address", KeyKind.Text, "IP address, or localhost; another than loopback needs 'access'.") { Default = PlainHttp.ListenAddress },
        new KeyDefinition("allowed_hosts", KeyKind.Texts, "Further host names that are answered."),
        new KeyDefinition("api", KeyKind.Section, "The JSON-RPC API.") { Keys = Api },
        new KeyDefinition("access", KeyKind.SectionOrNone, "Who may call: tokens, or none.") { Keys = Access });

    internal static KeySection Metrics { get; } = new(new KeyDefinition("per_preset", KeyKind.Flag, "Metrics for each preset, too.") { Default = false });

    internal static KeySection All { get; } = new(
        new KeyDefinition("worker_interval", KeyKind.Seconds, "Seconds between two looks for due presets; at least 0.1.") { Min = 0, Default = 5 },
        new KeyDefinition("log_level", KeyKind.Word, "Least level that is logged.") { Words = ["debug", "info", "warning", "error"], AnyCase = true, Default = "info" },
        new KeyDefinition("installation", KeyKind.Text, "The mark on our machines (G15).") { Default = "default" },
        new KeyDefinition("runtime", KeyKind.Driver, "The store: driver and its options.") { IsRequired = true, Group = DriverGroup.Runtime },
        new KeyDefinition("presets", KeyKind.Driver, "Where presets come from: driver and its options.") { IsRequired = true, Group = DriverGroup.Presets, Keys = PresetSource },
        new KeyDefinition("defaults", KeyKind.Section, "Merged under every preset.") { Keys = Defaults },
        new KeyDefinition("http", KeyKind.Section, "API, page, probes and metrics.") { Keys = Http },
        new KeyDefinition("canaries", KeyKind.Addresses, "HTTP addresses known to be well (G8)."),
        new KeyDefinition("self_suspicion", KeyKind.Share, "Share of failing checks above which an instance suspects itself (G8).") { Default = 0.3 },
        new KeyDefinition("end_budget", KeyKind.Integer, "Ends for ill health in 10 minutes; max(5, 1 % of all machines) when left out (G10).") { Min = 0, Max = 1_000_000 },
        new KeyDefinition("plugins", KeyKind.Texts, "Folders that hold plug-ins, a folder each, relative to the settings file."),
        new KeyDefinition("driver_sources", KeyKind.Map, "Where several plug-ins offer a driver of one name: the driver's name to the plug-in that is meant."),
        new KeyDefinition("metrics", KeyKind.Section, "Metrics.") { Keys = Metrics });
}
