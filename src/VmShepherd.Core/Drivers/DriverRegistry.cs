using System.Reflection;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Drivers;

/// <summary>The drivers there are, by group and name. Declarations are read as data: no code of a driver runs before it is used.</summary>
public sealed class DriverRegistry
{
    static readonly Dictionary<string, Type> Contracts = new(StringComparer.Ordinal)
    {
        [DriverGroup.Iaas] = typeof(IIaasDriver),
        [DriverGroup.Presets] = typeof(IPresetDriver),
        [DriverGroup.Runtime] = typeof(IRuntimeDriver),
        [DriverGroup.Healthcheck] = typeof(IHealthcheckDriver),
    };

    readonly SortedDictionary<(string Group, string Name), DriverDeclaration> _drivers = [];

    public DriverRegistry(params IEnumerable<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies) Register(assembly);
    }

    /// <summary>Sorted by group and name.</summary>
    public IReadOnlyCollection<DriverDeclaration> Drivers => _drivers.Values;

    /// <summary>Adds all drivers of an assembly, or none and throws <see cref="InvalidDriverException"/>. Call it before the registry is in use.</summary>
    public void Register(Assembly assembly)
    {
        DriverDeclaration[] declared = [.. assembly.GetCustomAttributesData()
            .Where(a => a.AttributeType == typeof(DriverAttribute))
            .Select(a => Declare((string)a.ConstructorArguments[0].Value!, (string)a.ConstructorArguments[1].Value!, (Type)a.ConstructorArguments[2].Value!))];
        foreach (DriverDeclaration driver in declared)
            if (Find(driver.Group, driver.Name) is { } other)
                throw new InvalidDriverException($"driver '{driver.Name}' ({driver.Group}) is declared by {driver.Source} and by {other.Source}");
        foreach (DriverDeclaration driver in declared) _drivers.Add((driver.Group, driver.Name), driver);
    }

    public DriverDeclaration? Find(string group, string name) => _drivers.GetValueOrDefault((group, name));

    internal IEnumerable<string> NamesIn(string group) => _drivers.Values.Where(d => d.Group == group).Select(d => d.Name);

    static DriverDeclaration Declare(string group, string name, Type type) => Contracts.TryGetValue(group, out Type? contract)
        ? new DriverDeclaration(group, name, type, contract)
        : throw new InvalidDriverException($"driver '{name}' of {type.Assembly.GetName().Name} is in the unknown group '{group}': there are {string.Join(", ", Contracts.Keys)}");
}
