using System.Runtime.CompilerServices;
using VmShepherd.Core.Status;

namespace VmShepherd.Server.Api;

/// <summary>The answer of <c>list_vms</c>, rendered once for each report: a thousand clients that ask between two cycles cost one rendering.</summary>
sealed class MachineList
{
    readonly ConditionalWeakTable<CycleReport, byte[]> _rendered = [];

    public ReadOnlyMemory<byte> Of(CycleReport report) => _rendered.GetValue(report, Render);

    static byte[] Render(CycleReport report) => JsonValues.Render(json =>
    {
        json.WriteStartArray();
        json.WriteNumberValue(report.Desired);
        json.WriteStartObject();
        foreach (MachineReport machine in report.Machines)
        {
            json.WriteStartObject(machine.Vm.Id);
            json.WriteString("ip", machine.Vm.Addresses is [string address, ..] ? address : null);
            json.WriteString("state", machine.State);
            json.WriteString("created", JsonValues.Time(machine.Vm.Created));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }).ToArray();
}
