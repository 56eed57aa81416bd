using VmShepherd.Abstractions;

namespace VmShepherd.Core.Configuration;

/// <summary>The keys of a preset.</summary>
static class PresetTable
{
    internal const int MaxCount = 10_000;
    internal const int MaxName = 255;
    internal const string TerminateDelay = "terminate_health_failed_delay";
    internal const string MisspeltDelay = "terminate_heatlh_failed_delay";

    static readonly SafetyLimits Limits = new();
    static readonly HealthPolicy Health = new();

    internal static KeySection Iaas { get; } = new(
        Seconds("visibility_grace", "Seconds after a create in which the machine may still be missing from the IaaS's list; the driver's own when left out.", null));

    internal static KeySection Healthcheck { get; } = new(
        new KeyDefinition(TerminateDelay, KeyKind.Seconds, "Seconds a machine may fail its checks before it is ended and replaced; -1 = never.") { Default = -1 },
        new KeyDefinition(MisspeltDelay, KeyKind.Seconds, $"{TerminateDelay}, as version 1 spelt it.") { IsDeprecated = true });

    internal static KeySection Network { get; } = new(
        new KeyDefinition("security_groups", KeyKind.Texts, "Security groups, by name or id."),
        new KeyDefinition("availability_zone", KeyKind.Text, "Availability zone; the IaaS chooses when left out."),
        new KeyDefinition("subnets", KeyKind.Networks, "Networks in the order of the interfaces: each 'net-id: ID', or just the id.") { Keys = Subnet },
        new KeyDefinition("subnet", KeyKind.Networks, "Another spelling of 'subnets'.") { Keys = Subnet });

    static KeySection Subnet => new(new KeyDefinition("net-id", KeyKind.Text, "The network's id.") { IsRequired = true });

    internal static KeySection All { get; } = new(
        new KeyDefinition("name", KeyKind.Name, "Name of the group and of each of its machines.") { IsRequired = true, Max = MaxName },
        new KeyDefinition("count", KeyKind.Integer, "Machines to keep.") { IsRequired = true, Min = 0, Max = MaxCount },
        new KeyDefinition("image", KeyKind.Text, "Image, by its name in the IaaS. Required, unless 'unmanaged'."),
        new KeyDefinition("flavor", KeyKind.Text, "Flavor, by its name in the IaaS. Required, unless 'unmanaged'."),
        new KeyDefinition("flavour", KeyKind.Text, "Another spelling of 'flavor'."),
        new KeyDefinition("userdata", KeyKind.Text, "What a machine is started with: the text, or file://PATH relative to the preset file."),
        new KeyDefinition("userdata_source_root", KeyKind.Overwritten, "Set by the preset driver: a value written here is overwritten.") { IsDeprecated = true },
        new KeyDefinition("key_name", KeyKind.Text, "SSH key."),
        new KeyDefinition("meta_tags", KeyKind.Map, "Tags, shown by API and page and sent as machine metadata."),
        new KeyDefinition("network", KeyKind.Section, "Networking.") { Keys = Network },
        new KeyDefinition("iaas", KeyKind.Driver, "IaaS driver and its options, merged over 'defaults.iaas' of the settings.") { Group = DriverGroup.Iaas, Keys = Iaas },
        new KeyDefinition("healthcheck", KeyKind.Driver, "Health check driver and its options, merged over 'defaults.healthcheck' of the settings.") { Group = DriverGroup.Healthcheck, Keys = Healthcheck },
        Seconds("manage_interval", "Seconds from the end of one run to the next; 0 = every cycle.", TimeSpan.FromSeconds(60)),
        Seconds("manage_expire", "Seconds of the lease, after which another instance may take over; at least 15.", TimeSpan.FromSeconds(120)),
        new KeyDefinition("unmanaged", KeyKind.Flag, "Observe and check only.") { Default = false },
        new KeyDefinition("scale_in", KeyKind.Word, "Which machines go when there are more than 'count'; none: they stay.") { Words = ["none", "oldest", "newest", "unhealthy_first"], Default = "none" },
        Seconds("startup_grace", "Seconds in which failed checks of a new machine do not count (G11).", Health.StartupGrace),
        Seconds("creation_timeout", "Seconds after which a machine that is still pending is dead (G12).", Limits.CreationTimeout),
        Share("max_vanished", "Share of the machines that may be missing at one look and are believed to be gone (G5).", Limits.MaxVanished),
        Share("max_dead", "Share of 'count' that may be newly dead at one look and is believed (G6).", Limits.MaxDead),
        Share("max_unhealthy", "Share of failing machines above which ill health ends nothing (G7).", Limits.MaxUnhealthy),
        Seconds("hold_probe", "Seconds of a hold by 'max_unhealthy' after which one machine is let go (G7).", Limits.HoldProbe),
        Share("replace_pace", "Share of 'count' that may be ended and not yet replaced (G9).", Limits.ReplacePace),
        new KeyDefinition("previous_names", KeyKind.Texts, "Names the preset had before."),
        new KeyDefinition("panel_links", KeyKind.Links, "Links beside each machine on the page, by label; {ip} becomes its address."));

    static KeyDefinition Seconds(string name, string summary, TimeSpan? standard) => new(name, KeyKind.Seconds, summary) { Min = 0, Default = standard?.TotalSeconds };

    static KeyDefinition Share(string name, string summary, double standard) => new(name, KeyKind.Share, summary) { Default = standard };
}
