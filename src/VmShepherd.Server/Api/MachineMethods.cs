using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Status;
using VmShepherd.Server.Api.JsonRpc;

namespace VmShepherd.Server.Api;

/// <summary>What machines there are, as the last cycle saw them.</summary>
sealed class MachineMethods(Shepherd shepherd)
{
    readonly MachineList _lists = new();

    public IEnumerable<RpcMethod> Table =>
    [
        new("list_vms", Writes: false, [RpcParameter.Preset], List),
        new("get_vm_metadata", Writes: false, [RpcParameter.Preset, RpcParameter.Vm], GetMetadata),
        new("get_vm_ip", Writes: false, [RpcParameter.Preset, RpcParameter.Vm], GetIp),
    ];

    ValueTask<ReadOnlyMemory<byte>> List(RpcCall call)
    {
        Preset preset = shepherd.Catalog.Get(call.Text(0));
        if (shepherd.Board.Find(preset.Name) is { } report) return new(_lists.Of(report));

        // In force, and not looked at yet: clients that start with us find it, without machines.
        return new(JsonValues.Render(json =>
        {
            json.WriteStartArray();
            json.WriteNumberValue(preset.Count);
            json.WriteStartObject();
            json.WriteEndObject();
            json.WriteEndArray();
        }));
    }

    ValueTask<ReadOnlyMemory<byte>> GetMetadata(RpcCall call)
    {
        Vm vm = Get(call);
        return new(JsonValues.Render(json =>
        {
            json.WriteStartObject();
            foreach ((string key, string value) in vm.Metadata)
            {
                if (key is not ("tags" or "iaas_shutdown")) json.WriteString(key, value);
            }

            json.WriteStartArray("tags");
            foreach (string tag in vm.Tags) json.WriteStringValue(tag);
            json.WriteEndArray();
            json.WriteString("iaas_shutdown", JsonValues.Time(vm.TimedShutdownAt));
            json.WriteEndObject();
        }));
    }

    ValueTask<ReadOnlyMemory<byte>> GetIp(RpcCall call)
    {
        Vm vm = Get(call);
        return new(JsonValues.Render(json =>
        {
            json.WriteStartObject();
            json.WriteString("vm_ip", vm.Addresses is [string address, ..] ? address : null);
            json.WriteEndObject();
        }));
    }

    Vm Get(RpcCall call)
    {
        string preset = shepherd.Catalog.Get(call.Text(0)).Name, id = call.Text(1);
        CycleReport report = shepherd.Board.Find(preset) ?? throw RpcException.Failed($"preset '{preset}' has not been looked at yet");
        return report.FindMachine(id)?.Vm ?? throw RpcException.Failed($"preset '{preset}' has no machine '{id}'");
    }
}

static class ReportLookup
{
    public static MachineReport? FindMachine(this CycleReport report, string id)
    {
        foreach (MachineReport machine in report.Machines)
        {
            if (machine.Vm.Id == id) return machine;
        }

        return null;
    }
}
