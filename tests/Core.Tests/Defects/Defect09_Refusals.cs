using System.Text.Json;
using Core.Tests.Loop;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, a refused create was logged without the reason but with the userdata, and a refused terminate stopped the preset's replacements.</summary>
public sealed class Defect09_Refusals
{
    const string Secret = "password: hunter2";

    [Fact]
    public async Task Of_a_create_are_reported_with_the_reason_and_without_the_userdata()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Userdata.Answer = new RenderedUserdata(Secret, null);
        web.Iaas.OnCreate = (_, _) => throw new IaasException(IaasFailure.Rejected, "HTTP 400: no image named 'debian'");
        CycleReport report = await web.RunAsync();

        Assert.Contains(report.Steps, step => step is { Failure: IaasFailure.Rejected, Problem: "HTTP 400: no image named 'debian'" });
        Assert.Equal(Secret, web.Iaas.Requests[0].UserData);
        Assert.DoesNotContain("hunter2", report.ToString() + JsonSerializer.Serialize(report) + string.Concat(report.Steps) + web.Iaas.Requests[0] + web.Userdata.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_terminate_do_not_stop_the_replacement()
    {
        using Stage web = await new Stage().SettledAsync();
        web.Iaas.Change("vm1", VmState.Error);
        web.Iaas.OnTerminate = (_, _) => throw new IaasException(IaasFailure.Rejected, "HTTP 409: locked");
        CycleReport report = await web.RunAsync();

        Assert.Equal(["list", "save acted", "terminate vm1", "create", "complete with state"], web.Log);
        Assert.Equal(CycleOutcome.DoneWithFailures, report.Outcome);
    }
}
