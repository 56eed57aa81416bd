using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>Servers as one reading showed them.</summary>
/// <param name="Names">All that the reading was for: of another one it says nothing.</param>
/// <param name="Servers">Of all these names, and perhaps of others.</param>
/// <param name="Now">The cloud's time, late rather than early.</param>
sealed record Listing(IReadOnlySet<string> Names, IReadOnlyCollection<Vm> Servers, DateTimeOffset Now)
{
    /// <exception cref="InvalidOperationException">It was not read for one of them: "none" would read as "create more".</exception>
    public IReadOnlyList<Vm> Of(IReadOnlySet<string> names, TimeSpan grace) => names.IsSubsetOf(Names)
        ? [.. Servers.Where(vm => names.Contains(vm.Name)).Select(vm => ServerStates.Announced(vm, Now, grace))]
        : throw new InvalidOperationException($"the list was not read for {string.Join(", ", names.Except(Names).Take(3))}");
}
