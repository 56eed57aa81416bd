using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>A whole project as it was read, immutable: the wanted servers, the names of all, and from when on changes have to be asked for.</summary>
sealed class ProjectView
{
    /// <summary>Servers' clocks may differ, and late writers may be late, by so much.</summary>
    static readonly TimeSpan Overlap = TimeSpan.FromMinutes(2);

    /// <summary>So long after the whole was read. What a change does not tell (a server that was purged, metadata that somebody set) is seen so much later at the most, and the time that the reading took.</summary>
    static readonly TimeSpan FollowedFor = TimeSpan.FromMinutes(1);

    /// <summary>The same while the whole is being read again: later than usual is better than not at all.</summary>
    static readonly TimeSpan LongestFollowed = TimeSpan.FromHours(1);

    /// <summary>A list of so few pages costs no more than asking for changes.</summary>
    const int WorthFollowing = 3;

    readonly WholeRead _whole;
    readonly Dictionary<string, Vm> _servers;
    readonly Dictionary<string, string> _names;

    ProjectView(WholeRead whole, IReadOnlySet<string> wanted, Dictionary<string, Vm> servers, Dictionary<string, string> names, DateTimeOffset? cloudTime) =>
        (_whole, Wanted, _servers, _names, CloudTime) = (whole, wanted, servers, names, cloudTime);

    /// <summary>When the last reading of the whole began (timestamp).</summary>
    public long Taken => _whole.Begun;

    /// <summary>How many calls that took.</summary>
    public int Pages => _whole.Pages;

    /// <summary>The cloud's time when the last reading began, when it said.</summary>
    public DateTimeOffset? CloudTime { get; }

    /// <summary>By the cloud's clock.</summary>
    public DateTimeOffset ChangesSince => CloudTime!.Value - Overlap;

    /// <summary>Whose servers it holds.</summary>
    public IReadOnlySet<string> Wanted { get; }

    /// <summary>The wanted servers.</summary>
    public IReadOnlyCollection<Vm> Servers => _servers.Values;

    /// <exception cref="IaasException">Of some servers nobody ever knew the name.</exception>
    public static ProjectView Whole(ServerPagesRead read, BareList bare, IReadOnlySet<string> wanted, Func<string, string?> nameBefore, long begun, long ended)
    {
        Dictionary<string, string> names = new(read.Seen.Count, StringComparer.Ordinal);
        Dictionary<string, Vm> servers = read.Vms.ToDictionary(vm => vm.Id, StringComparer.Ordinal);
        new BareList(read.Seen).AddTo(servers, names, wanted, nameBefore);
        bare.AddTo(servers, names, wanted, nameBefore);
        return new ProjectView(new WholeRead(begun, ended, read.Pages), wanted, servers, names, read.CloudTime);
    }

    public bool MayBeFollowed(IReadOnlySet<string> names, bool isReadAgain, TimeProvider time) =>
        Pages >= WorthFollowing && CloudTime is not null && time.GetElapsedTime(_whole.Ended) < (isReadAgain ? LongestFollowed : FollowedFor) && names.IsSubsetOf(Wanted);

    /// <summary>Of two that were read side by side.</summary>
    public bool IsOlderThan(ProjectView other) => Taken != other.Taken ? Taken < other.Taken : CloudTime < other.CloudTime;

    /// <summary>The view with what changed; <see langword="null"/> = it does not add up.</summary>
    /// <param name="changed">Servers that changed, deleted ones among them.</param>
    /// <param name="newest">The newest servers, read after that.</param>
    /// <param name="bare">The list without parameters, read last.</param>
    /// <param name="nameBefore">A server's name, where it was told at any time before.</param>
    /// <exception cref="IaasException">Of some servers nobody ever knew the name.</exception>
    public ProjectView? Followed(ServerPagesRead changed, ServerPagesRead newest, BareList bare, Func<string, string?> nameBefore)
    {
        // Newer ones than a page holds: some of them may be on none of the two.
        if (newest.IsFull && !newest.Seen.Keys.Any(_names.ContainsKey)) return null;
        Dictionary<string, Vm> servers = new(_servers, StringComparer.Ordinal);
        Dictionary<string, string> names = new(_names, StringComparer.Ordinal);
        foreach (ServerPagesRead read in new[] { changed, newest })
        {
            foreach ((string id, string? told) in read.Seen)
            {
                if ((told ?? NameOf(id)) is not { } name) return null;
                names[id] = name;
                servers.Remove(id);
                if (told is null && Wanted.Contains(name)) servers[id] = BareList.Partial(id, name);
            }

            foreach (Vm vm in read.Vms) servers[vm.Id] = vm;
            foreach (string id in read.Deleted)
            {
                servers.Remove(id);
                names.Remove(id);
            }
        }

        bare.AddTo(servers, names, Wanted, nameBefore);
        return new ProjectView(_whole, Wanted, servers, names, changed.CloudTime ?? CloudTime);
    }

    public string? NameOf(string id) => _names.GetValueOrDefault(id);

    /// <summary>Timestamps, and how many pages there were.</summary>
    sealed record WholeRead(long Begun, long Ended, int Pages);
}
