using Core.Tests.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, terminate_vm ended another preset's machine, and a machine without an address broke the list.</summary>
public sealed class Defect12_Ending_another_presets_machine
{
    [Fact]
    public async Task Is_refused()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Add("db1", "db");
        await web.AskAsync(new Request.Terminate("r1", "anna", "db1"));
        CycleReport report = await web.RunAsync();

        Assert.Equal(new Answer("r1", false, "there is no machine db1 in this preset"), Assert.Single(report.Answers));
        Assert.DoesNotContain("terminate db1", web.Log);
    }

    [Fact]
    public async Task A_machine_without_an_address_is_reported_like_any_other()
    {
        using Stage web = await new Stage().SettledAsync();
        CycleReport report = await web.RunAsync();

        Assert.Equal(3, report.Machines.Count);
        Assert.All(report.Machines, machine => Assert.Empty(machine.Vm.Addresses));
    }
}
