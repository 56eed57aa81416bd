using VmShepherd.Abstractions;
using VmShepherd.Drivers.Healthchecks.Http;
using VmShepherd.Testing;

namespace Drivers.Tests.Healthchecks;

public sealed class HttpHealthcheckConforms : HealthcheckDriverConformance
{
    protected override IHealthcheckDriver CreateDriver(int port) =>
        new HttpHealthcheck(new() { Port = port }, new(TimeProvider.System, new Random(1), "/"));
}
