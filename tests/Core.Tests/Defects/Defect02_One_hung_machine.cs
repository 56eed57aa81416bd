using Core.Tests.Loop;
using Core.Tests.Safety;
using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, one check that timed out stopped all counting of failures in its preset.</summary>
public sealed class Defect02_One_hung_machine
{
    [Fact]
    public async Task Does_not_stop_the_counting_of_the_others()
    {
        using Stage web = await new Stage(10).SettledAsync();
        web.Check = new FakeCheck(async (vm, token) =>
        {
            if (vm.Id == "vm1") await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return vm.Id == "vm2" ? Fate.Bad : Verdict.Passed;
        });

        List<string?> ended = [];
        for (int i = 0; i < 8; i++)
        {
            Task<CycleReport> cycle = web.RunAsync();
            while (!cycle.IsCompleted) web.Time.Advance(TimeSpan.FromSeconds(10));
            ended.AddRange((await cycle).Steps.Where(step => step.Step is Step.Terminate).Select(step => step.Vm));
        }

        // Each cycle takes a minute here; the hung one is never judged, so nobody ends it.
        Assert.Equal(["vm2"], ended);
    }
}
