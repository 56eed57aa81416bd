using System.Net;

namespace VmShepherd.Server.Access;

/// <summary>Who calls, and what that allows.</summary>
/// <param name="Name">The token's name; without tokens, where the call came from.</param>
/// <param name="MayWrite">The role <c>write</c>.</param>
/// <param name="Methods">The only methods that may be called; <see langword="null"/> = all.</param>
sealed record Caller(string Name, bool MayWrite, IReadOnlySet<string>? Methods)
{
    public bool MayCall(string method) => Methods is null || Methods.Contains(method);

    /// <summary>Put there by the gate, which lets nobody pass without.</summary>
    public static Caller Of(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("A request came past the gate without a caller.");

    public static string NameOf(IPAddress? address) =>
        address is null ? "local" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
