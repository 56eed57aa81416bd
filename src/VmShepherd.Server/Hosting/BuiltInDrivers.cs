using VmShepherd.Core.Drivers;
using VmShepherd.Drivers.Iaas.Dummy;

namespace VmShepherd.Server.Hosting;

/// <summary>The drivers that come with the program: declared and found as anybody's are.</summary>
static class BuiltInDrivers
{
    public static DriverRegistry Find() => new(typeof(DummyIaasDriver).Assembly);
}
