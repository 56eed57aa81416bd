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
        try
        {
            return new Guest(time, new IPEndPoint(IPAddress.Parse(address), port), bootsIn, () => broken(id));
        }
        catch (SocketException busy) when (busy.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            string message = $"serve_http: {address}:{port} is in use by another process or another dummy cloud; "
                + "choose another port, or share one cloud (`vmshepherd dummy-cloud` and `connect`)";
            throw new IaasException(IaasFailure.Rejected, message, busy);
        }
        catch (SocketException failed)
        {
            throw new IaasException(IaasFailure.NoCapacity, $"serve_http: {address}:{port} cannot be opened: {failed.Message}", failed);
        }
    }
}
