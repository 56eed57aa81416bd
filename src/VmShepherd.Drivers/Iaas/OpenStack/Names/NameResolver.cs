using System.Collections.Concurrent;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Names;

/// <summary>
/// From the names that operators write to the ids that the cloud wants: exactly one, or an error that lists the candidates. What was found is kept for a
/// while, what was not found is asked for again.
/// </summary>
sealed class NameResolver(NamedLists lists, TimeProvider time)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Of several images of one name, the one tagged so is meant.</summary>
    const string LatestTag = "latest";

    readonly ConcurrentDictionary<(string Kind, string Name, string Owners), (Named Found, long At)> _known = new();

    public Task<Named> FlavorAsync(string name, CancellationToken cancellationToken) => RememberedAsync("flavor", name, "", async () =>
        One("flavor", name, await lists.FlavorsAsync(cancellationToken).ConfigureAwait(false), offerAll: true));

    public Task<Named> ServerGroupAsync(string name, CancellationToken cancellationToken) => RememberedAsync("server group", name, "", async () =>
        One("server group", name, await lists.ServerGroupsAsync(cancellationToken).ConfigureAwait(false), offerAll: true));

    public Task<Named> KeyAsync(string name, CancellationToken cancellationToken) => RememberedAsync("key", name, "", async () =>
        One("key", name, await lists.KeysAsync(cancellationToken).ConfigureAwait(false), offerAll: true, whose: "of this user (keys belong to users, not to projects)"));

    public Task<Named> NetworkAsync(string name, CancellationToken cancellationToken) => RememberedAsync("network", name, "", async () =>
        await ByIdOrNameAsync("network", name, lists.NetworksAsync, cancellationToken).ConfigureAwait(false));

    public Task<Named> SecurityGroupAsync(string name, CancellationToken cancellationToken) => RememberedAsync("security group", name, "", async () =>
        await ByIdOrNameAsync("security group", name, lists.SecurityGroupsAsync, cancellationToken).ConfigureAwait(false));

    /// <param name="name">Name or id.</param>
    /// <param name="owners">Projects whose images count, and of which the newest is taken; none = all count.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public Task<Named> ImageAsync(string name, IReadOnlyList<string> owners, CancellationToken cancellationToken) => RememberedAsync("image", name, string.Join(' ', owners), async () =>
    {
        if (IsId(name) && Exact(await lists.ImagesAsync(name, true, cancellationToken).ConfigureAwait(false), name) is [var byId]) return byId;
        Named[] all = Exact(await lists.ImagesAsync(name, false, cancellationToken).ConfigureAwait(false), name);
        Named[] owned = owners.Count == 0 ? all : [.. all.Where(image => image.Owner is { } owner && owners.Contains(owner, StringComparer.Ordinal))];
        if (owned.Length == 0 && all.Length > 0)
            throw Wrong($"no image '{name}' is of a project in image_owner_ids ({string.Join(", ", owners)}); there are {string.Join(", ", all.Select(image => image.ToString()))}");
        Named[] tagged = [.. owned.Where(image => image.Tags.Contains(LatestTag, StringComparer.Ordinal))];
        Named[] family = tagged.Length > 0 ? tagged : owned;
        bool isFamily = tagged.Length > 0 || owners.Count > 0;
        return isFamily && family.Length > 1
            ? family.OrderByDescending(image => image.Created).ThenBy(image => image.Id, StringComparer.Ordinal).First()
            : One("image", name, family, offerAll: false, " Give its id, tag one 'latest', or name the owner in image_owner_ids.");
    });

    async Task<Named> RememberedAsync(string kind, string name, string owners, Func<Task<Named>> find)
    {
        if (_known.TryGetValue((kind, name, owners), out (Named Found, long At) known) && time.GetElapsedTime(known.At) < Lifetime) return known.Found;
        Named found = await find().ConfigureAwait(false);
        _known[(kind, name, owners)] = (found, time.GetTimestamp());
        return found;
    }

    /// <summary>What a create was refused for may be that a name means something else by now.</summary>
    public void Forget() => _known.Clear();

    static async Task<Named> ByIdOrNameAsync(string kind, string name, Func<string, bool, CancellationToken, Task<IReadOnlyList<Named>>> list, CancellationToken cancellationToken)
    {
        if (IsId(name) && Exact(await list(name, true, cancellationToken).ConfigureAwait(false), name) is [var byId]) return byId;
        return One(kind, name, await list(name, false, cancellationToken).ConfigureAwait(false), offerAll: false);
    }

    static Named One(string kind, string name, IReadOnlyList<Named> listed, bool offerAll, string hint = " Give its id.", string whose = "that this project can use")
    {
        Named[] fit = Exact(listed, name);
        if (fit.Length == 1) return fit[0];
        if (fit.Length > 1) throw Wrong($"the {kind} '{name}' is {fit.Length} of them: {string.Join(", ", fit.Take(10).Select(one => one.ToString()))}.{hint}");
        string[] there = [.. listed.Select(one => one.Name).Distinct().Order(StringComparer.Ordinal)];
        throw Wrong($"there is no {kind} '{name}' {whose}{(offerAll ? $"; there are {(there.Length == 0 ? "none" : string.Join(", ", there.Take(20)))}{(there.Length > 20 ? ", ..." : "")}" : "")}");
    }

    /// <summary>By id, else by name; compared here.</summary>
    static Named[] Exact(IReadOnlyList<Named> listed, string name)
    {
        Named[] byId = [.. listed.Where(one => one.Id == name)];
        return byId.Length > 0 ? byId : [.. listed.Where(one => one.Name == name)];
    }

    static bool IsId(string text) => Guid.TryParse(text, out _);

    static IaasException Wrong(string text) => new(IaasFailure.Rejected, text);
}
