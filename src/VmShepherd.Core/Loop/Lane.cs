using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Loop;

/// <summary>Presets that are claimed together: same IaaS driver instance, same lease. A lane that hangs holds up no other.</summary>
/// <param name="Iaas">The driver instance.</param>
/// <param name="Lease">Their <c>manage_expire</c>.</param>
/// <param name="Presets">By name.</param>
/// <param name="SharedWith">Names of machines of all presets of the driver instance, in other lanes too, earlier names among them: one list serves them all.</param>
sealed record Lane(DriverReference Iaas, TimeSpan Lease, IReadOnlyDictionary<string, Preset> Presets, IReadOnlySet<string> SharedWith)
{
    /// <summary>One instance for the lane's life: a store may know it by reference.</summary>
    public IReadOnlyCollection<string> Names { get; } = [.. Presets.Keys];

    public string Key { get; } = $"{Iaas.Key}/{Lease.TotalSeconds:0.###}";

    /// <summary>Every driver instance its cycles use.</summary>
    public IEnumerable<DriverReference> Drivers => Presets.Values.Select(preset => preset.Healthcheck).OfType<DriverReference>().Distinct().Prepend(Iaas);

    public static IReadOnlyList<Lane> Of(IEnumerable<Preset> presets) =>
    [
        .. presets.GroupBy(preset => preset.Iaas).SelectMany(account =>
        {
            HashSet<string> shared = [.. account.Select(preset => preset.Name), .. account.SelectMany(preset => preset.PreviousNames)];
            return account.GroupBy(preset => preset.ManageExpire)
                .Select(lane => new Lane(account.Key, lane.Key, lane.ToDictionary(preset => preset.Name, StringComparer.Ordinal), shared));
        }),
    ];
}
