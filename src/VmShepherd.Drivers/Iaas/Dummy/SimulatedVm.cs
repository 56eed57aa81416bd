using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>How a simulated machine behaves once it has booted.</summary>
public enum GuestBehaviour
{
    /// <summary>It runs and answers.</summary>
    Good,

    /// <summary>The IaaS says terminated; the guest refuses connections.</summary>
    Dead,

    /// <summary>The IaaS says running; the guest accepts connections and stays silent.</summary>
    Hung,

    /// <summary>The IaaS says error; the guest refuses connections.</summary>
    Error,
}

/// <summary>A machine as it is, not as a list that lags would show it.</summary>
/// <param name="Vm">What the IaaS knows of it right now.</param>
/// <param name="Behaviour">How its guest behaves.</param>
public sealed record SimulatedVm(Vm Vm, GuestBehaviour Behaviour);
