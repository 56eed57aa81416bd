using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace Core.Tests.Safety;

/// <summary>What most tests start from.</summary>
static class Given
{
    public static DateTimeOffset Noon { get; } = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Checked, ill after 30 s, looked at every 10 s.</summary>
    public static Preset Preset(int count, string name = "web") => new(name, count)
    {
        Image = "debian",
        Flavor = "small",
        SpecHash = "spec-1",
        ManageInterval = Interval,
        Iaas = new DriverReference("vmshepherd.driver.iaas", "Fake", "iaas", new object()),
        Healthcheck = new DriverReference("vmshepherd.driver.healthcheck", "Fake", "check", new object()),
        Health = new HealthPolicy { TerminateAfter = TimeSpan.FromSeconds(30) },
    };

    /// <summary>A group of so many machines that run, have passed, and were looked at before.</summary>
    public static Group Healthy(int count, Func<Preset, Preset>? with = null)
    {
        Preset preset = Preset(count);
        Group group = new(with is null ? preset : with(preset));
        for (int i = 0; i < count; i++) group.Add();
        group.History = group.History with { BornAt = Noon - TimeSpan.FromDays(1) };
        group.Look();
        group.Look();
        return group;
    }
}

/// <summary>How tests read a plan.</summary>
static class Reading
{
    public static int Creates(this Plan plan) => plan.Steps.OfType<Step.Create>().Sum(step => step.Count);

    public static string[] Ends(this Plan plan) => [.. plan.Steps.OfType<Step.Terminate>().Select(step => step.Vm)];

    public static string[] Ends(this Plan plan, Cause cause) => [.. plan.Steps.OfType<Step.Terminate>().Where(step => step.Cause == cause).Select(step => step.Vm)];

    public static Hold? HeldBy(this Plan plan, string brake) => plan.Held.SingleOrDefault(hold => hold.Brake == brake);

    public static Judged Of(this Plan plan, string vm) => plan.Machines.Single(machine => machine.Vm.Id == vm);
}
