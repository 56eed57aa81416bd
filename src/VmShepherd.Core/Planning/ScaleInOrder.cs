using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <summary>Which machines go first when there are more than wanted.</summary>
static class ScaleInOrder
{
    /// <param name="preset">Says the policy.</param>
    /// <param name="known">What there is.</param>
    /// <param name="surplus">How many too many, those that go for other reasons apart.</param>
    /// <param name="taken">Machines that go for other reasons.</param>
    internal static IEnumerable<Step> Surplus(Preset preset, Recollection known, int surplus, HashSet<string> taken)
    {
        if (surplus <= 0 || preset.ScaleIn == ScaleIn.None) return [];

        IEnumerable<Judged> candidates = known.Machines.Where(machine =>
            machine.Standing == Standing.Fine && machine.Record.MissingSince is null && machine.Record.Ending is null && !taken.Contains(machine.Vm.Id));
        IOrderedEnumerable<Judged> ordered = preset.ScaleIn switch
        {
            ScaleIn.Oldest => candidates.OrderBy(Age),
            ScaleIn.Newest => candidates.OrderByDescending(Age),
            // Who fails, then who has not proved itself, then the newest.
            _ => candidates.OrderByDescending(machine => machine.Record.Failures?.Count ?? 0).ThenBy(machine => machine.Record.HasPassed).ThenByDescending(Age),
        };
        string policy = preset.ScaleIn switch { ScaleIn.Oldest => "oldest", ScaleIn.Newest => "newest", _ => "unhealthy_first" };
        return ordered.ThenBy(machine => machine.Vm.Id, StringComparer.Ordinal).Take(surplus).Select(machine =>
            new Step.Terminate(machine.Vm.Id, Cause.ScaleIn, $"{known.Present} present, {preset.Count} wanted; scale_in: {policy}") { Paced = true });

        static DateTimeOffset Age(Judged machine) => machine.Vm.Created ?? machine.Record.FirstSeen;
    }
}
