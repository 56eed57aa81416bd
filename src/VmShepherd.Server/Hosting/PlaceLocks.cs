using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Server.Hosting;

/// <summary>
/// Two processes that keep the same presets, each with a store of its own, make two fleets. So who has such a store takes the places of its presets, and a second process of this
/// host is refused. A place is a name in Linux's abstract socket namespace: seen by every user and from within a sandbox, and gone with the process, whatever it dies of.
/// </summary>
sealed class PlaceLocks : IDisposable
{
    readonly Dictionary<string, Socket> _held = new(StringComparer.Ordinal);

    /// <summary>Takes what these settings need and this process has not got yet, all or nothing. What it has got it keeps: cycles of former settings may still run.</summary>
    /// <exception cref="CommandException">Another process has one of them.</exception>
    public void Take(Settings settings, IReadOnlyCollection<string> places)
    {
        Dictionary<string, Socket> taken = new(StringComparer.Ordinal);
        try
        {
            foreach (string place in places.Where(place => !_held.ContainsKey(place)).Distinct(StringComparer.Ordinal)) taken.Add(place, Bind(settings, place));
        }
        catch
        {
            foreach (Socket socket in taken.Values) socket.Dispose();
            throw;
        }

        foreach ((string place, Socket socket) in taken) _held.Add(place, socket);
    }

    public void Dispose()
    {
        foreach (Socket socket in _held.Values) socket.Dispose();
    }

    static Socket Bind(Settings settings, string place)
    {
        var address = new UnixDomainSocketEndPoint($"\0vmshepherd-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{settings.Installation}\0{place}")))[..40]}");
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(address);
            socket.Listen();
            return socket;
        }
        catch (SocketException failed)
        {
            socket?.Dispose();
            throw new CommandException(failed.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{settings.File}: runtime: {Holder(address)} of this host keeps the presets of {place} too, with a store of its own (installation {settings.Installation}): each would make all of their machines. "
                    + $"End that one, or ask it with --server; for several instances use PostgresDriver in all of them"
                : $"{settings.File}: runtime: it can't be made sure that no other process of this host keeps the presets of {place}: {failed.Message}; allow sockets of the family AF_UNIX");
        }
    }

    /// <summary>Who listens there, as the kernel knows it.</summary>
    static string Holder(UnixDomainSocketEndPoint address)
    {
        const int SolSocket = 1, SoPeerCredentials = 17;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        try
        {
            socket.Connect(address);
            socket.GetRawSocketOption(SolSocket, SoPeerCredentials, credentials);
        }
        catch (SocketException)
        {
            // It has just ended, or too many have asked already.
            return "another process";
        }

        return MemoryMarshal.Read<int>(credentials) is > 0 and var id ? $"process {id}" : "another process";
    }
}
