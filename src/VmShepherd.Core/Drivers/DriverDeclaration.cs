using System.Reflection;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Drivers;

/// <summary>A driver that is there to be used: what its assembly says of it, and what its options class says.</summary>
public sealed class DriverDeclaration
{
    readonly Dictionary<string, DriverOption> _bySpelling = new(StringComparer.Ordinal);

    internal DriverDeclaration(string group, string name, Type type, Type contract)
    {
        (Group, Name, Type) = (group, name, type);
        Source = type.Assembly.GetName().Name ?? "";
        if (!contract.IsAssignableFrom(type)) throw Invalid($"does not implement {contract.Name}");
        Constructor = type.GetConstructors() is [var only] && only.GetParameters() is [_, { ParameterType: var second }] && second == typeof(DriverContext)
            ? only
            : throw Invalid("needs exactly one public constructor, (TOptions, DriverContext)");
        OptionsType = Constructor.GetParameters()[0].ParameterType;
        if (OptionsType.GetConstructor([]) is null) throw Invalid($"needs a parameterless constructor in {OptionsType.Name}");

        Options = DriverOption.Of(OptionsType);
        foreach (DriverOption option in Options)
            foreach (string spelling in option.Spellings)
                if (!_bySpelling.TryAdd(spelling, option)) throw Invalid($"declares the option '{spelling}' twice");
    }

    /// <summary>The entry point (<see cref="DriverGroup"/>).</summary>
    public string Group { get; }
    public string Name { get; }

    /// <summary>The assembly that declares it.</summary>
    public string Source { get; }
    public Type Type { get; }
    public Type OptionsType { get; }
    public IReadOnlyList<DriverOption> Options { get; }

    internal ConstructorInfo Constructor { get; }

    /// <summary>By its key or an alias.</summary>
    public DriverOption? FindOption(string key) => _bySpelling.GetValueOrDefault(key);

    InvalidDriverException Invalid(string reason) => new($"driver '{Name}' ({Group}, {Type.FullName} of {Source}) {reason}");
}

/// <summary>One option, as its driver declares it.</summary>
public sealed class DriverOption
{
    DriverOption(PropertyInfo property, OptionAttribute declared)
    {
        (Property, Declared) = (property, declared);
        if (property.PropertyType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)
            && type.GetGenericArguments() is [var key, { IsClass: true } group] && key == typeof(string) && group != typeof(string))
            (Group, GroupOptions) = (group, Of(group));
    }

    /// <summary>What a class of options declares, in its order.</summary>
    internal static IReadOnlyList<DriverOption> Of(Type options) => [.. options.GetProperties()
        .Select(p => (Property: p, Option: p.GetCustomAttribute<OptionAttribute>()))
        .Where(p => p.Option is not null)
        .Select(p => new DriverOption(p.Property, p.Option!))];

    internal PropertyInfo Property { get; }
    public OptionAttribute Declared { get; }
    public string Key => Declared.Key;
    public bool IsSecret => Declared.Secret;
    public Type Type => Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>For a map of groups of options: the class of one group.</summary>
    internal Type? Group { get; }

    /// <summary>What each group may hold; the first stands for the whole group when a text is given in its place.</summary>
    public IReadOnlyList<DriverOption> GroupOptions { get; } = [];

    public IEnumerable<string> Spellings => [Declared.Key, .. Declared.Aliases];
}

/// <summary>A driver that can't be used as it is built. For its author.</summary>
public sealed class InvalidDriverException(string message) : Exception(message);
