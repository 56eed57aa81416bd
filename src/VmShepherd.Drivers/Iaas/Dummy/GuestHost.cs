using System.Net;
using System.Net.Sockets;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>Lets each machine answer HTTP at its own address, and keeps the guests in step with the machines. The caller holds the cloud's lock.</summary>
/// <param name="time">Boots the guests.</param>
/// <param name="port">The port of all of them.</param>
/// <param name="broken">Called with the id of a machine whose guest cannot listen.</param>
sealed class GuestHost(TimeProvider time, int port, Action<string> broken) : IDisposable
{
    readonly Dictionary<string, Guest> _guests = new(StringComparer.Ordinal);
    IaasException? _untold;

    public void Follow(string id, string address, GuestBehaviour behaviour, TimeSpan bootsIn)
    {
        if (behaviour is GuestBehaviour.Dead or GuestBehaviour.Error)
        {
            Remove(id);
            return;
        }

        if (!_guests.TryGetValue(id, out Guest? guest)) _guests.Add(id, guest = Start(id, address, bootsIn));
        guest.Silent = behaviour is GuestBehaviour.Hung;
    }

    public void Remove(string id)
    {
        if (_guests.Remove(id, out Guest? guest)) guest.Dispose();
    }

    public void Dispose()
    {
        foreach (Guest guest in _guests.Values) guest.Dispose();
        _guests.Clear();
    }

    Guest Start(string id, string address, TimeSpan bootsIn)
    {
        // An address can be lost between create and boot, when nobody is calling: the next one who asks for a machine hears why.
        if (Interlocked.Exchange(ref _untold, null) is { } untold) throw untold;
        try
        {
            return new Guest(time, new IPEndPoint(IPAddress.Parse(address), port), bootsIn, reason => Break(id, address, reason));
        }
        catch (SocketException reason)
        {
            throw Refusal(address, reason);
        }
    }

    void Break(string id, string address, SocketException reason)
    {
        Volatile.Write(ref _untold, Refusal(address, reason));
        broken(id);
    }

    IaasException Refusal(string address, SocketException reason) => reason.SocketErrorCode is SocketError.AddressAlreadyInUse
        ? new IaasException(
            IaasFailure.Rejected,
            $"serve_http: {address}:{port} is in use by another process or another dummy cloud; "
            + "choose another port, or share one cloud (`vmshepherd dummy-cloud` and `connect`)",
            reason)
        : new IaasException(IaasFailure.NoCapacity, $"serve_http: {address}:{port} cannot be opened: {reason.Message}", reason);
}
