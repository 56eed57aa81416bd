using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VmShepherd.Drivers.Healthchecks.Http;

/// <summary>The bytes of the question, but for the machine's address the same for all.</summary>
sealed class HttpRequest
{
    const int MaxPath = 4_000;

    // "[", an IPv6 address, "]:65535".
    const int MaxHost = 64;

    static readonly SearchValues<char> MethodCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    readonly byte[] _head;
    readonly byte[] _tail;
    readonly int _port;

    public HttpRequest(HttpHealthcheckOptions options)
    {
        string method = options.Method.ToUpperInvariant();
        if (method.Length is 0 or > 32 || method.AsSpan().ContainsAnyExcept(MethodCharacters))
            throw new ArgumentException($"method '{Shown(options.Method)}' is not an HTTP method: write a word like GET, without spaces or line breaks");

        // Everything outside would either end the request line early or be read differently by different servers.
        string path = options.Path.StartsWith('/') ? options.Path : "/" + options.Path;
        if (path.Length > MaxPath || path.AsSpan().ContainsAnyExceptInRange('!', '~') || path.Contains('#', StringComparison.Ordinal))
            throw new ArgumentException($"path '{Shown(options.Path)}' has spaces, line breaks, '#', other than ASCII characters, or more than {MaxPath}: write it percent-encoded, like /a%20b");

        _port = options.Port;
        _head = Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: ");
        string length = method is "POST" or "PUT" or "PATCH" ? "Content-Length: 0\r\n" : "";
        _tail = Encoding.ASCII.GetBytes($"\r\nUser-Agent: vmshepherd\r\nAccept: */*\r\n{length}Connection: close\r\n\r\n");
    }

    public int MaxLength => _head.Length + MaxHost + _tail.Length;

    public int Write(Span<byte> buffer, IPAddress guest)
    {
        _head.CopyTo(buffer);
        int length = _head.Length;
        length += Encoding.ASCII.GetBytes(Host(guest), buffer[length..]);
        _tail.CopyTo(buffer[length..]);
        return length + _tail.Length;
    }

    string Host(IPAddress guest)
    {
        // A zone is ours alone and means nothing to the machine.
        string host = guest.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{new IPAddress(guest.GetAddressBytes())}]" : guest.ToString();
        return _port == 80 ? host : $"{host}:{_port}";
    }

    static string Shown(string text)
    {
        string shown = text.Length <= 60 ? text : text[..60] + "...";
        return string.Concat(shown.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}
