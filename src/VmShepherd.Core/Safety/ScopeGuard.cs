using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>
/// G4: logged in to another place than last time, every machine of ours is missing and every machine we see is somebody else's. So the preset is frozen,
/// and nothing that was seen is remembered, until the old scope is back or a person accepts the new one.
/// </summary>
static class ScopeGuard
{
    /// <summary>The plan of a frozen preset; null = go on.</summary>
    internal static Plan? Freezes(Preset preset, Observation seen, History past, DateTimeOffset now)
    {
        if (past.Scope is null || past.Scope == seen.Scope || seen.Requests.OfType<Request.AcceptScope>().Any()) return null;

        Judged[] machines = [.. seen.Vms.Select((vm, i) => new Judged(vm, new MachineRecord(vm.Id, now), seen.Verdicts[i],
            Recollection.IsForeign(vm, seen.Installation, out string? owner) ? Standing.Foreign : vm.IsComplete ? Standing.Fine : Standing.Untouchable,
            owner is null ? "seen in another scope" : $"belongs to installation '{owner}'"))];
        RequestAnswers asked = RequestAnswers.To(seen.Requests, machines, preset);
        return new Plan
        {
            Next = past with { BlindSince = past.BlindSince ?? (now - seen.SinceLastLook.GetValueOrDefault()) }, // looking elsewhere is not looking (G14)
            Machines = machines,
            Present = machines.Count(machine => machine.IsPresent),
            IsFrozen = true,
            Steps = asked.Steps,
            Answers = asked.Answers,
            Held = [new Hold("scope", $"logged in to '{seen.Scope}', but this preset's machines were created in '{past.Scope}'", "log in to the old scope again, or accept the new one: vmshepherd accept-scope PRESET --server URL")],
        };
    }
}
