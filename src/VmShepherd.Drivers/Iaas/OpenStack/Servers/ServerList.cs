using System.Collections.Concurrent;
using System.Globalization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>
/// The servers of presets, whichever way is cheaper: a query for each name, or one list of the whole project, of which only what changed is read for a while.
/// Names are compared here, whatever nova's filter (a regular expression that is searched for, in any case) may have found.
/// </summary>
sealed class ServerList(ServerPages pages, TimeProvider time)
{
    /// <summary>So often the whole project is read anyway: to know its size, and whose servers those are of which a cell that is down tells no name.</summary>
    static readonly TimeSpan BetweenWhole = TimeSpan.FromMinutes(10);

    // Told since the whole project was read.
    readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);

    volatile ProjectView? _project;

    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HashSet<string> names = new(presets, StringComparer.Ordinal);
        if (names.Count == 0) return [];
        ProjectView? known = _project;
        bool byName = known is not null && names.Count <= known.Pages && time.GetElapsedTime(known.Taken) < BetweenWhole && names.All(IsPlain);
        return byName ? await ByNameAsync(names, cancellationToken).ConfigureAwait(false) : await OfProjectAsync(names, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Exactly one name, as nova has it now.</summary>
    public async Task<IReadOnlyList<Vm>> OfAsync(string preset, CancellationToken cancellationToken)
    {
        HashSet<string> name = new([preset], StringComparer.Ordinal);
        return IsPlain(preset) ? await ByNameAsync(name, cancellationToken).ConfigureAwait(false) : (await WholeAsync(name, cancellationToken).ConfigureAwait(false)).Of(name);
    }

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        (Vm? vm, bool isKnown) = await pages.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (vm is not null || !isKnown) return vm;
        return NameOf(id) is { } name ? BareList.Partial(id, name)
            : throw new IaasException(IaasFailure.Unavailable, $"nova knows server {id}, but not its name: its cell is down");
    }

    async Task<IReadOnlyList<Vm>> ByNameAsync(HashSet<string> names, CancellationToken cancellationToken)
    {
        Dictionary<string, Vm> servers = new(StringComparer.Ordinal);
        Dictionary<string, string> told = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string pattern = Uri.EscapeDataString($"^{name.Replace(".", "[.]", StringComparison.Ordinal)}$");
            ServerPagesRead read = await pages.ReadAsync($"name={pattern}&", new HashSet<string>([name], StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
            foreach (Vm vm in read.Vms) (servers[vm.Id], told[vm.Id]) = (vm, vm.Name);
        }

        BareList bare = await pages.ReadBareAsync(cancellationToken).ConfigureAwait(false);
        bare.AddTo(servers, told, names, NameOf);
        foreach ((string id, string name) in told) _told[id] = name;
        return [.. servers.Values];
    }

    async Task<IReadOnlyList<Vm>> OfProjectAsync(HashSet<string> names, CancellationToken cancellationToken)
    {
        ProjectView? known = _project;
        ProjectView? now = known is not null && known.MayBeFollowed(names, time) ? await FollowedAsync(known, names, cancellationToken).ConfigureAwait(false) : null;
        if (now is not null) return (_project = now).Of(names);
        string[] before = [.. _told.Keys];
        _project = now = await WholeAsync(names, cancellationToken).ConfigureAwait(false);
        foreach (string id in before) _told.TryRemove(id, out _);
        return now.Of(names);
    }

    async Task<ProjectView> WholeAsync(HashSet<string> names, CancellationToken cancellationToken)
    {
        long taken = time.GetTimestamp();
        ServerPagesRead read = await pages.ReadAsync("", names, cancellationToken).ConfigureAwait(false);
        return ProjectView.Whole(read, await pages.ReadBareAsync(cancellationToken).ConfigureAwait(false), names, NameOf, taken);
    }

    string? NameOf(string id) => _told.GetValueOrDefault(id) ?? _project?.NameOf(id);

    /// <summary>
    /// What changed since, and the newest servers: of one that was just asked for, nova may not yet say that it changed. <see langword="null"/> = that does not
    /// add up, and the whole has to be read.
    /// </summary>
    async Task<ProjectView?> FollowedAsync(ProjectView known, HashSet<string> names, CancellationToken cancellationToken)
    {
        try
        {
            string since = known.ChangesSince.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            ServerPagesRead changed = await pages.ReadAsync($"changes-since={Uri.EscapeDataString(since)}&", names, cancellationToken).ConfigureAwait(false);
            ServerPagesRead newest = await pages.ReadNewestAsync(names, cancellationToken).ConfigureAwait(false);
            BareList bare = await pages.ReadBareAsync(cancellationToken).ConfigureAwait(false);
            return known.Followed(changed, newest, bare, NameOf);
        }
        catch (IaasException e) when (e.Failure == IaasFailure.Rejected)
        {
            // A cloud that does not take the question is asked for the whole.
            return null;
        }
    }

    /// <summary>What every database reads as the same pattern. Other names are looked for in the whole list.</summary>
    static bool IsPlain(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
