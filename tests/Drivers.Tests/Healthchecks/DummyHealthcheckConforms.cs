using VmShepherd.Abstractions;
using VmShepherd.Drivers.Healthchecks.Dummy;
using VmShepherd.Testing;
using Xunit;

namespace Drivers.Tests.Healthchecks;

public sealed class DummyHealthcheckConforms : HealthcheckDriverConformance
{
    protected override bool Dials => false;

    protected override IHealthcheckDriver CreateDriver(int port) => new DummyHealthcheck(new(), new(TimeProvider.System, new Random(1), "/"));

    [Fact]
    public async Task Every_machine_passes() => Assert.Same(
        Verdict.Passed,
        await CreateDriver(80).CheckAsync(new Vm("1", "web", VmState.Unknown, Created: null), TestContext.Current.CancellationToken));
}
