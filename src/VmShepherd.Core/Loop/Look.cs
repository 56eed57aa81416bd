using System.Runtime.InteropServices;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Loop;

/// <summary>One list of one IaaS, shared by all presets of the driver instance.</summary>
/// <param name="Scope">Where the driver was logged in, before and after the list.</param>
/// <param name="Begun">When the list was begun (steady).</param>
/// <param name="Presets">Whose machines it holds.</param>
sealed record Look(string Scope, DateTimeOffset Begun, IReadOnlySet<string> Presets)
{
    readonly Dictionary<string, List<Vm>> _byName = new(StringComparer.Ordinal);

    public static Look Of(string scope, DateTimeOffset begun, IReadOnlySet<string> presets, IReadOnlyList<Vm> vms)
    {
        var look = new Look(scope, begun, presets);
        List<Vm>? group = null;
        foreach (Vm vm in vms)
        {
            // Machines of one preset mostly stand together: the name of the last one saves a lookup.
            if (group is null || !string.Equals(group[0].Name, vm.Name, StringComparison.Ordinal))
                group = CollectionsMarshal.GetValueRefOrAddDefault(look._byName, vm.Name, out _) ??= [];
            group.Add(vm);
        }

        return look;
    }

    /// <summary>Machines of exactly this preset's name, or one it had before, each id once: the last mention counts.</summary>
    public IReadOnlyList<Vm> MachinesOf(Preset preset)
    {
        if (!_byName.TryGetValue(preset.Name, out List<Vm>? listed)) listed = [];
        if (preset.PreviousNames.Count > 0) listed = [.. listed, .. preset.PreviousNames.SelectMany(name => _byName.GetValueOrDefault(name, []))];

        // Few machines are compared pair by pair, without a set.
        bool distinct = true;
        if (listed.Count <= 16)
        {
            for (int i = 1; i < listed.Count && distinct; i++)
            {
                for (int j = 0; j < i && distinct; j++) distinct = !string.Equals(listed[i].Id, listed[j].Id, StringComparison.Ordinal);
            }
        }
        else
        {
            distinct = new HashSet<string>(listed.Select(vm => vm.Id), StringComparer.Ordinal).Count == listed.Count;
        }

        return distinct ? listed : [.. listed.GroupBy(vm => vm.Id, StringComparer.Ordinal).Select(same => same.Last())];
    }
}
