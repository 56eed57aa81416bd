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

    /// <summary>So long one reading of a few pages waits for another one.</summary>
    static readonly TimeSpan BetweenOthers = TimeSpan.FromSeconds(1);

    readonly ServerPages _pages;
    readonly TimeProvider _time;

    // Readings by what they may cost: nobody waits for another one's whole project who needs none.
    readonly JoinedLists _known, _named, _whole;

    // Told since the whole project was read.
    readonly ConcurrentDictionary<string, string> _told = new(StringComparer.Ordinal);

    // When each name was asked for last, by whichever driver instance.
    readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);

    readonly Lock _gate = new();
    volatile ProjectView? _project;

    // Following this one did not add up.
    volatile ProjectView? _broken;

    public ServerList(ServerPages pages, TimeProvider time)
    {
        (_pages, _time) = (pages, time);
        _known = new JoinedLists(ReadAsync, BetweenOthers, time);
        _named = new JoinedLists(ReadAsync, BetweenOthers, time);

        // One at a time: of a large project it takes a real nova minutes, and several slow one another down until none is over in time.
        _whole = new JoinedLists(ReadProjectAsync, Timeout.InfiniteTimeSpan, time);
    }

    /// <param name="presets">Whose servers.</param>
    /// <param name="grace">So long before an announced shutdown a server is about to go.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, TimeSpan grace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HashSet<string> names = new(presets, StringComparer.Ordinal);
        if (names.Count == 0) return [];
        foreach (string name in names) _asked[name] = _time.GetTimestamp();
        Listing listing = await ReadingFor(names).ListAsync(names, cancellationToken).ConfigureAwait(false);
        return listing.Of(names, grace);
    }

    /// <summary>Exactly one name, as nova has it now.</summary>
    public async Task<IReadOnlyCollection<Vm>> OfAsync(string preset, CancellationToken cancellationToken)
    {
        HashSet<string> name = new([preset], StringComparer.Ordinal);
        Listing listing = IsPlain(preset) ? await ByNameAsync(name, cancellationToken).ConfigureAwait(false) : await _whole.ListAsync(name, cancellationToken).ConfigureAwait(false);
        return listing.Of(name, TimeSpan.Zero);
    }

    public async Task<Vm?> FindAsync(string id, TimeSpan grace, CancellationToken cancellationToken)
    {
        (Vm? vm, bool isKnown, DateTimeOffset now) = await _pages.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (vm is not null) return ServerStates.Announced(vm, now, grace);
        if (!isKnown) return null;
        return NameOf(id) is { } name ? BareList.Partial(id, name)
            : throw new IaasException(IaasFailure.Unavailable, $"nova knows server {id}, but not its name: its cell is down");
    }

    JoinedLists ReadingFor(IReadOnlySet<string> names)
    {
        if (_project is not { } project) return _whole;
        bool isReadAgain = _whole.IsBusy;
        if (MayBeFollowed(project, names, isReadAgain)) return _known;
        return IsWorthNaming(project, names) && (isReadAgain || _time.GetElapsedTime(project.Taken) < BetweenWhole) ? _named : _whole;
    }

    async Task<Listing> ReadAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        if (_project is { } project && IsWorthNaming(project, names)) return await ByNameAsync(names, cancellationToken).ConfigureAwait(false);
        return await FollowedAsync(names, _whole.IsBusy, cancellationToken).ConfigureAwait(false) ?? await _whole.ListAsync(names, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Who waited for the whole while others had it read needs only what changed since.</summary>
    async Task<Listing> ReadProjectAsync(IReadOnlySet<string> names, CancellationToken cancellationToken) =>
        await FollowedAsync(names, false, cancellationToken).ConfigureAwait(false) ?? await WholeAsync(names, cancellationToken).ConfigureAwait(false);

    static bool IsWorthNaming(ProjectView project, IReadOnlySet<string> names) => names.Count <= project.Pages && names.All(IsPlain);

    bool MayBeFollowed(ProjectView project, IReadOnlySet<string> names, bool isReadAgain) => !ReferenceEquals(project, _broken) && project.MayBeFollowed(names, isReadAgain, _time);

    async Task<Listing> ByNameAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
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
        return Listed(names, servers.Values, cloudTime);
    }

    async Task<Listing> WholeAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        string[] before = [.. _told.Keys];
        HashSet<string> wanted = [.. names, .. AskedOfLate()];
        long begun = _time.GetTimestamp();
        ServerPagesRead read = await _pages.ReadAsync("", wanted, cancellationToken).ConfigureAwait(false);
        BareList bare = await _pages.ReadBareAsync(cancellationToken).ConfigureAwait(false);
        Listing listing = Kept(ProjectView.Whole(read, bare, wanted, NameOf, begun, _time.GetTimestamp()));
        foreach (string id in before) _told.TryRemove(id, out _);
        return listing;
    }

    /// <summary>All names that anybody has asked for of late: the view is to serve them all.</summary>
    IEnumerable<string> AskedOfLate()
    {
        foreach (KeyValuePair<string, long> asked in _asked)
        {
            // Not one that is asked for again just now.
            if (_time.GetElapsedTime(asked.Value) < BetweenWhole || !_asked.TryRemove(asked)) yield return asked.Key;
        }
    }

    /// <summary>The later view stays.</summary>
    Listing Kept(ProjectView now)
    {
        lock (_gate)
        {
            if (_project is not { } latest || !now.IsOlderThan(latest)) _project = now;
        }

        return Listed(now.Wanted, now.Servers, now.CloudTime);
    }

    /// <summary>By the Date of an answer, and no time that passed here is added: who waited for the first one would take the cloud's clock to be ahead.</summary>
    Listing Listed(IReadOnlySet<string> names, IReadOnlyCollection<Vm> servers, DateTimeOffset? cloudTime) => new(names, servers, cloudTime ?? _time.GetUtcNow());

    string? NameOf(string id) => _told.GetValueOrDefault(id) ?? _project?.NameOf(id);

    /// <summary>
    /// What changed since, and the newest servers: of one that was just asked for, nova may not yet say that it changed. <see langword="null"/> = that does not
    /// add up, and the whole has to be read.
    /// </summary>
    async Task<Listing?> FollowedAsync(IReadOnlySet<string> names, bool isReadAgain, CancellationToken cancellationToken)
    {
        if (_project is not { } project || !MayBeFollowed(project, names, isReadAgain)) return null;
        try
        {
            string since = project.ChangesSince.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            ServerPagesRead changed = await _pages.ReadAsync($"changes-since={Uri.EscapeDataString(since)}&", project.Wanted, cancellationToken).ConfigureAwait(false);
            ServerPagesRead newest = await _pages.ReadNewestAsync(project.Wanted, cancellationToken).ConfigureAwait(false);
            BareList bare = await _pages.ReadBareAsync(cancellationToken).ConfigureAwait(false);
            if (project.Followed(changed, newest, bare, NameOf) is { } now) return Kept(now);
        }
        catch (IaasException e) when (e.Failure == IaasFailure.Rejected)
        {
            // A cloud that does not take the question is asked for the whole.
        }

        _broken = project;
        return null;
    }

    /// <summary>What every database reads as the same pattern. Other names are looked for in the whole list.</summary>
    static bool IsPlain(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
