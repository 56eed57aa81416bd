using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Drivers.Tests;

/// <summary>
/// Ports for servers that tests start. Each is given out once, and lies below those that the system draws for whoever asks for any, or connects: nobody gets it before its server is there, or
/// while that is stopped to be started again.
/// </summary>
public static class Ports
{
    const int Least = 10_000;

    static readonly int End = int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t')[0], CultureInfo.InvariantCulture);

    // Other processes look for ports too: each begins somewhere else.
    static int _last = new Random().Next(Least, Math.Max(Least + 1, End));

    /// <summary>One at which nobody listens, whatever the address; each is given out once.</summary>
    public static int Free()
    {
        // Where the system draws from all of them there are none that it leaves alone.
        if (End <= Least) return Bind(0);
        for (int tries = Least; tries < End; tries++)
        {
            int port = Least + (Interlocked.Increment(ref _last) % (End - Least));
            try
            {
                return Bind(port);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                continue;
            }
        }

        throw new InvalidOperationException($"no port from {Least} to {End} is free");
    }

    static int Bind(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Any, port));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
