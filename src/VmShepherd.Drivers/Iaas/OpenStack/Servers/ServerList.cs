using System.Collections.Concurrent;
using System.Globalization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>
/// The servers of presets, whichever way is cheaper: a query for each name, or one list of the whole project, of which only what changed is read for a while.
/// Names are compared here, whatever nova's filter (a regular expression that is searched for, in any case) may have found.
/// </summary>
sealed class ServerList
{
    /// <summary>So often the whole project is read anyway: to know its size, and whose servers those are of which a cell that is down tells no name.</summary>
    static readonly TimeSpan BetweenWhole = TimeSpan.FromMinutes(10);

    readonly ServerPages _pages;
    readonly TimeProvider _time;
    readonly JoinedLists _joined;

    // Told since the whole project was read.
    readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);

    // When each name was asked for last, by whichever driver instance.
    readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);

    volatile ProjectView? _project;

    public ServerList(ServerPages pages, TimeProvider time)
    {
        (_pages, _time) = (pages, time);
        _joined = new JoinedLists(ReadAsync, time);
    }

    /// <param name="presets">Whose servers.</param>
    /// <param name="grace">So long before an announced shutdown a server is about to go.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, TimeSpan grace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HashSet<string> names = new(presets, StringComparer.Ordinal);
        if (names.Count == 0) return [];
        Listing listing = await _joined.ListAsync(names, cancellationToken).ConfigureAwait(false);
        return listing.Of(names, grace);
    }

    /// <summary>Exactly one name, as nova has it now.</summary>
    public async Task<IReadOnlyCollection<Vm>> OfAsync(string preset, CancellationToken cancellationToken)
    {
        HashSet<string> name = new([preset], StringComparer.Ordinal);
        return IsPlain(preset) ? (await ByNameAsync(name, cancellationToken).ConfigureAwait(false)).Servers : (await WholeAsync(name, cancellationToken).ConfigureAwait(false)).Servers;
    }

    public async Task<Vm?> FindAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        (Vm? vm, bool isKnown, DateTimeOffset now) = await _pages.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (vm is not null) return ServerStates.Announced(vm, now, grace);
        if (!isKnown) return null;
        return NameOf(id) is { } name ? BareList.Partial(id, name)
            : throw new IaasException(IaasFailure.Unavailable, $"nova knows server {id}, but not its name: its cell is down");
    }

    async Task<Listing> ReadAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        long begun = _time.GetTimestamp();
        foreach (string name in names) _asked[name] = begun;
        ProjectView? known = _project;
        bool byName = known is not null && names.Count <= known.Pages && _time.GetElapsedTime(known.Taken) < BetweenWhole && names.All(IsPlain);
        (IReadOnlyCollection<Vm> servers, DateTimeOffset? cloudTime) = byName
            ? await ByNameAsync(names, cancellationToken).ConfigureAwait(false)
            : await OfProjectAsync(names, cancellationToken).ConfigureAwait(false);
        return new Listing(servers, cloudTime + _time.GetElapsedTime(begun) ?? _time.GetUtcNow());
    }

    async Task<(IReadOnlyCollection<Vm> Servers, DateTimeOffset? CloudTime)> ByNameAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        DateTimeOffset? cloudTime = null;
        Dictionary<string, Vm> servers = new(StringComparer.Ordinal);
        Dictionary<string, string> told = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string pattern = Uri.EscapeDataString($"^{name.Replace(".", "[.]", StringComparison.Ordinal)}$");
            ServerPagesRead read = await _pages.ReadAsync($"name={pattern}&", new HashSet<string>([name], StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
            cloudTime ??= read.CloudTime;
            foreach (Vm vm in read.Vms) (servers[vm.Id], told[vm.Id]) = (vm, vm.Name);
        }

        BareList bare = await _pages.ReadBareAsync(cancellationToken).ConfigureAwait(false);
        bare.AddTo(servers, told, names, NameOf);
        foreach ((string id, string name) in told) _told[id] = name;
        return (servers.Values, cloudTime);
    }

    async Task<(IReadOnlyCollection<Vm> Servers, DateTimeOffset? CloudTime)> OfProjectAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        ProjectView? known = _project;
        ProjectView? now = known is not null && known.MayBeFollowed(names, _time) ? await FollowedAsync(known, cancellationToken).ConfigureAwait(false) : null;
        if (now is null)
        {
            string[] before = [.. _told.Keys];
            now = await WholeAsync(Wanted(), cancellationToken).ConfigureAwait(false);
            foreach (string id in before) _told.TryRemove(id, out _);
        }

        // Of two that were read side by side the later one stays.
        if (_project is not { } latest || latest.Taken <= now.Taken) _project = now;
        return (now.Servers, now.CloudTime);
    }

    /// <summary>All names that anybody has asked for of late: the view is to serve them all.</summary>
    HashSet<string> Wanted()
    {
        foreach ((string name, long at) in _asked)
            if (_time.GetElapsedTime(at) >= BetweenWhole) _asked.TryRemove(name, out _);
        return new HashSet<string>(_asked.Keys, StringComparer.Ordinal);
    }

    async Task<ProjectView> WholeAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        long taken = _time.GetTimestamp();
        ServerPagesRead read = await _pages.ReadAsync("", names, cancellationToken).ConfigureAwait(false);
        return ProjectView.Whole(read, await _pages.ReadBareAsync(cancellationToken).ConfigureAwait(false), names, NameOf, taken);
    }

    string? NameOf(string id) => _told.GetValueOrDefault(id) ?? _project?.NameOf(id);

    /// <summary>
    /// What changed since, and the newest servers: of one that was just asked for, nova may not yet say that it changed. <see langword="null"/> = that does not
    /// add up, and the whole has to be read.
    /// </summary>
    async Task<ProjectView?> FollowedAsync(ProjectView known, CancellationToken cancellationToken)
    {
        try
        {
            string since = known.ChangesSince.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            ServerPagesRead changed = await _pages.ReadAsync($"changes-since={Uri.EscapeDataString(since)}&", known.Wanted, cancellationToken).ConfigureAwait(false);
            ServerPagesRead newest = await _pages.ReadNewestAsync(known.Wanted, cancellationToken).ConfigureAwait(false);
            BareList bare = await _pages.ReadBareAsync(cancellationToken).ConfigureAwait(false);
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
