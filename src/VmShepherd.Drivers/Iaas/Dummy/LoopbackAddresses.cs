using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>
/// An address for each machine: 127.30.x.y first (65,024 of them), then those given back, the longest unused first, then 127.31.x.y and up.
/// An address is not used again before the first range is used up, so that a late check never meets a newer machine by accident.
/// </summary>
sealed class LoopbackAddresses
{
    const int Hosts = 254;
    const int Range = 256 * Hosts;
    const int FirstNet = 30;
    const int LastNet = 254;

    readonly Queue<string> _free = new();
    int _next;

    public string Take()
    {
        if (_next >= Range && _free.TryDequeue(out string? used)) return used;
        int net = FirstNet + _next / Range;
        if (net > LastNet) throw new IaasException(IaasFailure.NoCapacity, "the simulated cloud has no loopback address left for another machine");
        int host = _next++ % Range;
        return $"127.{net}.{host / Hosts}.{host % Hosts + 1}";
    }

    public void GiveBack(string address) => _free.Enqueue(address);
}
