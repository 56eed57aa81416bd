using System.Reflection;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Drivers;

/// <summary>A driver that is there to be used: what it is called, which options it has, how an instance is made.</summary>
public sealed class DriverDeclaration
{
    static readonly Dictionary<string, Type> Contracts = new(StringComparer.Ordinal)
    {
        [DriverGroup.Iaas] = typeof(IIaasDriver),
        [DriverGroup.Presets] = typeof(IPresetDriver),
        [DriverGroup.Runtime] = typeof(IRuntimeDriver),
        [DriverGroup.Healthcheck] = typeof(IHealthcheckDriver),
    };

    readonly Dictionary<string, DriverOption> _bySpelling = new(StringComparer.Ordinal);
    readonly Func<object> _newOptions;
    readonly Func<object, DriverContext, object> _create;

    /// <param name="group">The entry point (<see cref="DriverGroup"/>).</param>
    /// <param name="name">What stands behind <c>driver:</c>.</param>
    /// <param name="source">The assembly or plug-in that declares it.</param>
    /// <param name="options">What may stand beside <c>driver:</c>.</param>
    /// <param name="newOptions">A fresh object that the options are set on, with the defaults.</param>
    /// <param name="create">An instance, from such an object.</param>
    /// <exception cref="InvalidDriverException">The group is unknown, an option is declared twice, or is of a type that no option can have.</exception>
    public DriverDeclaration(string group, string name, string source, IReadOnlyList<DriverOption> options, Func<object> newOptions, Func<object, DriverContext, object> create)
    {
        (Group, Name, Source, Options, _newOptions, _create) = (group, name, source, options, newOptions, create);
        if (!Contracts.ContainsKey(group)) throw new InvalidDriverException(UnknownGroup(group, name, source));
        if (options.SelectMany(option => option.GroupOptions.Prepend(option)).FirstOrDefault(option => !option.HasKnownType) is { } strange)
            throw new InvalidDriverException($"driver '{name}' ({group}, of {source}) declares the option '{strange.Key}' of the type {strange.Type}, which no option can have");
        foreach (DriverOption option in options)
            foreach (string spelling in option.Spellings)
                if (!_bySpelling.TryAdd(spelling, option)) throw new InvalidDriverException($"driver '{name}' ({group}, of {source}) declares the option '{spelling}' twice");
    }

    /// <summary>The driver that is this class.</summary>
    /// <exception cref="InvalidDriverException">The class is not as <see cref="DriverAttribute"/> says.</exception>
    public static DriverDeclaration Of(string group, string name, Type type, string source)
    {
        if (!Contracts.TryGetValue(group, out Type? contract)) throw new InvalidDriverException(UnknownGroup(group, name, source));
        if (!contract.IsAssignableFrom(type)) throw Invalid($"does not implement {contract.Name}");
        ConstructorInfo constructor = type.GetConstructors() is [var only] && only.GetParameters() is [_, { ParameterType: var second }] && second == typeof(DriverContext)
            ? only
            : throw Invalid("needs exactly one public constructor, (TOptions, DriverContext)");
        Type options = constructor.GetParameters()[0].ParameterType;
        if (options.GetConstructor([]) is null) throw Invalid($"needs a parameterless constructor in {options.Name}");
        return new DriverDeclaration(
            group, name, source, DriverOption.Of(options), () => Activator.CreateInstance(options)!,
            (bound, context) => constructor.Invoke(BindingFlags.DoNotWrapExceptions, binder: null, [bound, context], culture: null)) { Type = type };

        InvalidDriverException Invalid(string reason) => new($"driver '{name}' ({group}, {type.FullName} of {source}) {reason}");
    }

    /// <summary>The entry point (<see cref="DriverGroup"/>).</summary>
    public string Group { get; }
    public string Name { get; }

    /// <summary>The assembly or plug-in that declares it.</summary>
    public string Source { get; }

    /// <summary>The driver's class; <see langword="null"/> = it is a program.</summary>
    public Type? Type { get; private init; }
    public IReadOnlyList<DriverOption> Options { get; }

    /// <summary>By its key or an alias.</summary>
    public DriverOption? FindOption(string key) => _bySpelling.GetValueOrDefault(key);

    internal object NewOptions() => _newOptions();

    /// <summary>Makes an object of options once, to throw now what its constructor throws.</summary>
    public void TryOptions() => NewOptions();

    internal object Create(object options, DriverContext context) => _create(options, context);

    static string UnknownGroup(string group, string name, string source) => $"driver '{name}' of {source} is in the unknown group '{group}': there are {string.Join(", ", Contracts.Keys)}";
}

/// <summary>A driver that can't be used as it is built. For its author.</summary>
public sealed class InvalidDriverException(string message, Exception? inner = null) : Exception(message, inner);
