using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>
/// The servers of presets, whichever way is cheaper: a query for each name, or one list of the whole project. Names are compared here, whatever nova's
/// filter (a regular expression that is searched for, in any case) may have found.
/// </summary>
sealed class ServerList(ServerPages pages, TimeProvider time)
{
    /// <summary>So often the whole project is read anyway: to know its size, and whose servers those are of which a cell that is down tells no name.</summary>
    static readonly TimeSpan BetweenWhole = TimeSpan.FromMinutes(10);

    volatile Whole? _whole;

    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HashSet<string> names = new(presets, StringComparer.Ordinal);
        if (names.Count == 0) return [];
        Whole? known = _whole;
        bool byName = known is not null && names.Count <= known.Pages && time.GetElapsedTime(known.Begun) < BetweenWhole && names.All(IsPlain);
        return byName ? await ByNameAsync(names, cancellationToken).ConfigureAwait(false) : await OfProjectAsync(names, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Exactly one name, as nova has it now.</summary>
    public async Task<IReadOnlyList<Vm>> OfAsync(string preset, CancellationToken cancellationToken) =>
        IsPlain(preset) ? await ByNameAsync([preset], cancellationToken).ConfigureAwait(false) : await OfProjectAsync([preset], cancellationToken).ConfigureAwait(false);

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        (Vm? vm, bool isKnown) = await pages.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (vm is not null || !isKnown) return vm;
        return _whole?.Names.GetValueOrDefault(id) is { } name ? Partial(id, name)
            : throw new IaasException(IaasFailure.Unavailable, $"nova knows server {id}, but not its name: its cell is down");
    }

    async Task<IReadOnlyList<Vm>> ByNameAsync(HashSet<string> names, CancellationToken cancellationToken)
    {
        List<Vm> vms = [];
        foreach (string name in names)
        {
            ServerPagesRead read = await pages.ReadAsync($"name={Uri.EscapeDataString($"^{name.Replace(".", "[.]", StringComparison.Ordinal)}$")}&", new HashSet<string>([name], StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
            vms.AddRange(read.Vms);
        }

        return vms;
    }

    async Task<IReadOnlyList<Vm>> OfProjectAsync(HashSet<string> names, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        ServerPagesRead read = await pages.ReadAsync("", names, cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<string, string>? before = _whole?.Names;
        Dictionary<string, string> known = new(read.Seen.Count, StringComparer.Ordinal);
        List<string> nameless = [];
        foreach ((string id, string? name) in read.Seen)
        {
            if (name is not null) known[id] = name;
            else if (before?.GetValueOrDefault(id) is { } told) known[id] = told;
            else nameless.Add(id);
        }

        if (nameless.Count > 0)
        {
            // A list without them would be a short list, and a short list reads as "create more".
            throw new IaasException(IaasFailure.Unavailable,
                $"a cell of the cloud is down: nova tells no name of {nameless.Count} servers ({string.Join(", ", nameless.Take(3))}{(nameless.Count > 3 ? ", ..." : "")}), so nobody can say whose they are");
        }

        _whole = new Whole(begun, read.Pages, known);
        IEnumerable<Vm> partial = read.Seen.Where(server => server.Value is null && names.Contains(known[server.Key])).Select(server => Partial(server.Key, known[server.Key]));
        return [.. read.Vms, .. partial];
    }

    /// <summary>Of a cell that is down nova tells the id and nothing else: it is there, and must not be touched.</summary>
    static Vm Partial(string id, string name) => new(id, name, VmState.Unknown, null) { IsComplete = false };

    /// <summary>What every database reads as the same pattern. Other names are looked for in the whole list.</summary>
    static bool IsPlain(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    sealed record Whole(long Begun, int Pages, IReadOnlyDictionary<string, string> Names);
}
