using System.Reflection;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Drivers;

/// <summary>A driver that somebody offers: known by group and name, and nothing of it loaded before it is asked for.</summary>
/// <param name="group">The entry point (<see cref="DriverGroup"/>).</param>
/// <param name="name">What stands behind <c>driver:</c>.</param>
/// <param name="source">The assembly or plug-in.</param>
/// <param name="load">Called once; throws <see cref="InvalidDriverException"/> when it can't be used.</param>
public sealed class DriverOffer(string group, string name, string source, Func<DriverDeclaration> load)
{
    readonly Lazy<DriverDeclaration> _declaration = new(load);

    public string Group => group;
    public string Name => name;
    public string Source => source;

    /// <summary>Why it can't be used; <see langword="null"/> = it can.</summary>
    public string? Problem
    {
        get
        {
            try
            {
                _ = _declaration.Value;
                return null;
            }
            catch (InvalidDriverException invalid)
            {
                return invalid.Message;
            }
        }
    }

    /// <summary><see langword="null"/> = it can't be used, and <see cref="Problem"/> says why.</summary>
    public DriverDeclaration? Declaration => Problem is null ? _declaration.Value : null;

    /// <summary>What an assembly declares, read as data: no code of it runs.</summary>
    /// <exception cref="InvalidDriverException">A class is not as <see cref="DriverAttribute"/> says.</exception>
    public static IReadOnlyList<DriverOffer> Of(Assembly assembly) => [.. assembly.GetCustomAttributesData()
        .Where(a => a.AttributeType == typeof(DriverAttribute))
        .Select(a => DriverDeclaration.Of((string)a.ConstructorArguments[0].Value!, (string)a.ConstructorArguments[1].Value!, (Type)a.ConstructorArguments[2].Value!, assembly.GetName().Name ?? ""))
        .Select(driver => new DriverOffer(driver.Group, driver.Name, driver.Source, () => driver))];
}
