using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace VmShepherd.Server.Panel;

/// <summary>A link beside a machine: the preset's pattern with the machine's address in it.</summary>
static partial class PanelLink
{
    static readonly string[] Schemes = ["http", "https", "ssh"];

    /// <returns><see langword="null"/> when there is no address yet, or the result is no link that a browser should follow.</returns>
    public static string? Make(string pattern, string? address)
    {
        if (!IPAddress.TryParse(address, out IPAddress? ip)) return null;
        string host = ip.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{ip}]" : ip.ToString();

        // A pattern may have its own brackets around an IPv6 address.
        string link = (pattern.Contains("{ip}", StringComparison.Ordinal)
            ? pattern.Replace("{ip}", host, StringComparison.Ordinal)
            : WordIp().Replace(pattern, host)).Replace($"[{host}]", host, StringComparison.Ordinal);
        return Uri.TryCreate(link, UriKind.Absolute, out Uri? uri) && Schemes.Contains(uri.Scheme) ? link : null;
    }

    [GeneratedRegex(@"(?<![\w-])ip(?![\w-])", RegexOptions.CultureInvariant)]
    private static partial Regex WordIp();
}
