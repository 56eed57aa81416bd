namespace VmShepherd.Abstractions;

/// <summary>The four entry points.</summary>
public static class DriverGroup
{
    /// <summary>For <see cref="IIaasDriver"/>.</summary>
    public const string Iaas = "vmshepherd.driver.iaas";

    /// <summary>For <see cref="IPresetDriver"/>.</summary>
    public const string Presets = "vmshepherd.driver.presets";

    /// <summary>For <see cref="IRuntimeDriver"/>.</summary>
    public const string Runtime = "vmshepherd.driver.runtime";

    /// <summary>For <see cref="IHealthcheckDriver"/>.</summary>
    public const string Healthcheck = "vmshepherd.driver.healthcheck";
}

/// <summary>Declares a driver: found by group and name, read without running the assembly's code.</summary>
/// <param name="group">One of <see cref="DriverGroup"/>.</param>
/// <param name="name">What stands behind <c>driver:</c> in the settings.</param>
/// <param name="type">
/// The driver: a public class that implements the group's contract and has one public constructor, <c>(TOptions, DriverContext)</c>,
/// where TOptions is a public class with a parameterless constructor and properties marked <see cref="OptionAttribute"/>.
/// </param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class DriverAttribute(string group, string name, Type type) : Attribute
{
    /// <summary>One of <see cref="DriverGroup"/>.</summary>
    public string Group { get; } = group;

    /// <summary>What stands behind <c>driver:</c> in the settings.</summary>
    public string Name { get; } = name;

    /// <summary>The driver's class.</summary>
    public Type Type { get; } = type;
}
