using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

// What DummyCloudServer and DummyCloudClient say to one another.

/// <summary>Answer of <c>GET /scope</c>.</summary>
sealed record ScopeMessage(string Scope);

/// <summary>Body of <c>POST /vms/list</c>; the answer is an array of <see cref="Vm"/>.</summary>
sealed record ListMessage(IReadOnlyCollection<string> Presets);

/// <summary>Body of <c>POST /vms</c>. User data stays with the caller: no simulated machine reads it.</summary>
sealed record CreateMessage(string Preset, string IntentId, string Image, string Flavor, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Answer of <c>POST /vms</c>.</summary>
sealed record CreatedMessage(string Id);

/// <summary>Body of <c>POST /vms/ID/terminate</c>.</summary>
sealed record TerminateMessage(string Preset, string Token);

/// <summary>A failure that the cloud itself states.</summary>
sealed record FailureMessage(IaasFailure Failure, string Message, bool EffectUnknown);

/// <summary>One entry of <c>GET /vms</c>.</summary>
sealed record VmMessage(
    string Id, string Name, VmState State, GuestBehaviour Behaviour, IReadOnlyList<string> Addresses, DateTimeOffset? Created,
    IReadOnlyDictionary<string, string> Metadata)
{
    public static VmMessage From(SimulatedVm machine) =>
        new(machine.Vm.Id, machine.Vm.Name, machine.Vm.State, machine.Behaviour, machine.Vm.Addresses, machine.Vm.Created, machine.Vm.Metadata);
}
