using Company.Driver;
using VmShepherd.Abstractions;
using VmShepherd.Testing;

namespace Company.Driver.Tests;

/// <summary>Everything that a health check promises, tried with ours.</summary>
public sealed class BannerCheckConformance : HealthcheckDriverConformance
{
    protected override IHealthcheckDriver CreateDriver(int port) =>
        new BannerCheck(new BannerCheckOptions { Port = port, Timeout = TimeSpan.FromSeconds(1) }, new DriverContext(TimeProvider.System, new Random(1), "/"));
}
