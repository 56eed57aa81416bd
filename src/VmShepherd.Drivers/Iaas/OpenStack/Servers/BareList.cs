using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>
/// The list that nova gives when it is asked without any parameter: the only one that holds servers of a cell that is down, by their id and nothing else. From
/// every list with a filter, an order or a page nova leaves them out, without a word.
/// </summary>
/// <param name="Rows">Names of servers by their ids; null = its cell is down.</param>
sealed record BareList(IReadOnlyDictionary<string, string?> Rows)
{
    /// <summary>Adds what the other lists, read before this one, did not show: such a server is there, and must not be touched.</summary>
    /// <param name="servers">Wanted servers of the other lists.</param>
    /// <param name="names">Names of all servers by their ids; those of this list are added.</param>
    /// <param name="wanted">Whose servers are wanted.</param>
    /// <param name="nameBefore">A server's name, where it was told at any time before.</param>
    /// <exception cref="IaasException">Of some servers nobody ever knew the name.</exception>
    public void AddTo(Dictionary<string, Vm> servers, Dictionary<string, string> names, IReadOnlySet<string> wanted, Func<string, string?> nameBefore)
    {
        List<string> nameless = [];
        foreach ((string id, string? told) in Rows)
        {
            if ((told ?? names.GetValueOrDefault(id) ?? nameBefore(id)) is not { } name)
            {
                nameless.Add(id);
                continue;
            }

            names[id] = name;

            // One with a name that the other lists lack is new, or of a cell that has just come back.
            if (wanted.Contains(name) && (told is null || !servers.ContainsKey(id))) servers[id] = Partial(id, name);
        }

        if (nameless.Count == 0) return;

        // A list without them would be a short list, and a short list reads as "create more".
        throw new IaasException(IaasFailure.Unavailable,
            $"a cell of the cloud is down: nova tells no name of {nameless.Count} servers ({string.Join(", ", nameless.Take(3))}{(nameless.Count > 3 ? ", ..." : "")}), so nobody can say whose they are");
    }

    public static Vm Partial(string id, string name) => new(id, name, VmState.Unknown, null) { IsComplete = false };
}
