using System.Text.Json;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using VmShepherd.Server.Api.JsonRpc;
using VmShepherd.Server.Plans;
using VmShepherd.Server.Status;

namespace VmShepherd.Server.Api;

/// <summary>What came of the last cycle of a preset, whichever instance it was that managed it: why something was done, or was not.</summary>
sealed class ReportMethods(Shepherd shepherd)
{
    public IEnumerable<RpcMethod> Table => [new("get_preset_report", Writes: false, [RpcParameter.Preset], Get)];

    ValueTask<ReadOnlyMemory<byte>> Get(RpcCall call)
    {
        Preset preset = shepherd.Catalog.Get(call.Text(0));
        CycleReport report = shepherd.Board.Find(preset.Name) ?? throw RpcException.Failed($"preset '{preset.Name}' has not been looked at yet");
        return new(JsonValues.Render(json => Write(json, report)));
    }

    static void Write(Utf8JsonWriter json, CycleReport report)
    {
        json.WriteStartObject();
        json.WriteString("preset", report.Preset);
        json.WriteString("instance", report.Instance);
        json.WriteString("managed_since", JsonValues.Time(report.ManagedSince));
        json.WriteString("token", report.Token.ToString());
        json.WriteString("started", JsonValues.Time(report.Started));
        json.WriteNumber("took", Math.Round(report.Took.TotalSeconds, 3));
        json.WriteString("outcome", Words.Of(report.Outcome));
        json.WriteNumber("desired", report.Desired);
        json.WriteNumber("present", report.Present);
        json.WriteStartArray("machines");
        foreach (MachineReport machine in report.Machines)
        {
            json.WriteStartObject();
            json.WriteString("vm", machine.Vm.Id);
            json.WriteString("ip", machine.Vm.Addresses is [string address, ..] ? address : null);
            json.WriteString("state", machine.State);
            json.WriteString("why", machine.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach (StepResult step in report.Steps)
        {
            json.WriteStartObject();
            json.WriteString("kind", step.Step is Step.Create ? "create" : "terminate");
            json.WriteString("vm", step.Vm);
            json.WriteString("reason", step.Step.Reason);
            json.WriteString("problem", step.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        PlanDocument.Write(json, report.Held);
        PlanDocument.Write(json, "notes", report.Notes);
        PlanDocument.Write(json, "problems", report.Problems);
        json.WriteEndObject();
    }
}
