using System.Net;

namespace VmShepherd.Server.Access;

/// <summary>
/// The names under which we are asked. A page of a stranger can make a browser ask us under the stranger's own name (DNS rebinding):
/// such a name is refused. A literal address can't be rebound, but only ours is answered unless we listen on all.
/// </summary>
sealed class HostNames
{
    readonly HashSet<string> _allowed;
    readonly bool _anyAddress;

    public HostNames(IPAddress listening, IReadOnlyList<string> allowed)
    {
        _allowed = new(allowed, StringComparer.OrdinalIgnoreCase) { "localhost", listening.ToString() };
        _anyAddress = listening.Equals(IPAddress.Any) || listening.Equals(IPAddress.IPv6Any);
    }

    public bool Contains(string host)
    {
        host = host.TrimEnd('.');
        if (_allowed.Contains(host)) return true;
        return IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && (_anyAddress || IPAddress.IsLoopback(address) || _allowed.Contains(address.ToString()));
    }

    /// <summary>A browser says which page asks: only our own may.</summary>
    public bool ContainsOrigin(string origin) => Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && Contains(page.Host);
}
