using System.Net;
using System.Text;
using Microsoft.Extensions.Primitives;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Server.Access;

/// <summary>Who may do what over HTTP, as the settings in force say it. Immutable: a reload puts another in its place.</summary>
sealed class AccessPolicy
{
    readonly TokenTable _tokens;
    readonly IReadOnlySet<string>? _methods;

    AccessPolicy(HostNames hosts, TokenTable tokens, IReadOnlySet<string>? methods)
    {
        Hosts = hosts;
        _tokens = tokens;
        _methods = methods;
    }

    public HostNames Hosts { get; }

    /// <summary>Reads the tokens' files.</summary>
    /// <exception cref="AccessException">It can't be put in force; the message says what to set.</exception>
    public static AccessPolicy From(HttpSettings http, string baseDirectory)
    {
        if (!IPAddress.IsLoopback(AddressOf(http)) && http.Access is null)
        {
            throw new AccessException(
                $"http.listen_address is {http.ListenAddress}, which others can reach: set http.access to tokens "
                + "(access: {tokens: [{name: NAME, file: PATH, role: read|write}]}), or to none to let everyone in");
        }

        return new(
            new HostNames(AddressOf(http), http.AllowedHosts),
            TokenTable.Read(http.Access?.Tokens ?? [], baseDirectory),
            http.AllowedMethods?.ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Whether everyone who reaches the address may do everything, and the settings say so.</summary>
    public static bool IsOpenToOthers(HttpSettings http) => http.Access is { IsOpen: true } && !IPAddress.IsLoopback(AddressOf(http));

    /// <summary>The settings hold an address, or the one name that always means the same.</summary>
    public static IPAddress AddressOf(HttpSettings http) => http.ListenAddress == "localhost" ? IPAddress.Loopback : IPAddress.Parse(http.ListenAddress);

    /// <summary>Who calls; <see langword="null"/> = nobody we know.</summary>
    public Caller? Identify(HttpContext context)
    {
        if (_tokens.IsEmpty) return new Caller(Caller.NameOf(context.Connection.RemoteIpAddress), MayWrite: true, _methods);
        return TokenOf(context) is { } token && _tokens.Find(token) is { } known ? new Caller(known.Name, known.MayWrite, _methods) : null;
    }

    static string? TokenOf(HttpContext context)
    {
        StringValues header = context.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value) return null;
        if (value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return value[7..].Trim();

        // A browser can't send a bearer token by itself: on the page, and only there, the token may be given as the password.
        return IsPage(context) && value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) ? PasswordOf(value[6..].Trim()) : null;
    }

    public static bool IsPage(HttpContext context) => context.Request.Path == "/" && HttpMethods.IsGet(context.Request.Method);

    static string? PasswordOf(string basic)
    {
        Span<byte> bytes = new byte[basic.Length];
        if (!Convert.TryFromBase64String(basic, bytes, out int length)) return null;
        string pair = Encoding.UTF8.GetString(bytes[..length]);
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : pair[(colon + 1)..];
    }
}
