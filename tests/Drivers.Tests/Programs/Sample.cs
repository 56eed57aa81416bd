using VmShepherd.Abstractions;
using VmShepherd.Drivers.Programs;

namespace Drivers.Tests.Programs;

/// <summary>Programs in Python beside the tests.</summary>
static class Sample
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Programs");

    public static string Examples { get; } = Path.Combine(AppContext.BaseDirectory, "examples");

    public static ProgramDescription Describe(string group, string driver, string script) =>
        new(group, driver, ["/usr/bin/python3", "-I", script], Folder) { Deadline = TimeSpan.FromSeconds(20), VisibilityGrace = TimeSpan.Zero };

    public static DriverContext Context(string baseDirectory, Action<string>? log = null) =>
        new(TimeProvider.System, new Random(1), baseDirectory) { Log = log ?? (_ => { }) };

    public static IIaasDriver Cloud(Dictionary<string, object?> options, ProgramDescription? program = null, Action<string>? log = null) =>
        (IIaasDriver)(program ?? Describe(DriverGroup.Iaas, "Cloud", "misbehaving.py")).Create(options, Context(Folder, log));
}
