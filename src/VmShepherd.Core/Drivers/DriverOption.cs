using System.Reflection;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Drivers;

/// <summary>One option, as its driver declares it.</summary>
public sealed class DriverOption
{
    readonly Func<object, object?> _get;
    readonly Action<object, object?> _set;

    /// <param name="declared">Key, bounds, and what else is said of it.</param>
    /// <param name="type">One of those that <see cref="OptionAttribute"/> lists, groups of options apart.</param>
    /// <param name="get">Its value on an object of options.</param>
    /// <param name="set">Sets it there.</param>
    public DriverOption(OptionAttribute declared, Type type, Func<object, object?> get, Action<object, object?> set)
    {
        (Declared, _get, _set) = (declared, get, set);
        Type = Nullable.GetUnderlyingType(type) ?? type;
        if (type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)
            && type.GetGenericArguments() is [var key, { IsClass: true } group] && key == typeof(string) && group != typeof(string))
            (Group, GroupOptions) = (group, Of(group));
    }

    /// <summary>What a class of options declares, in its order.</summary>
    internal static IReadOnlyList<DriverOption> Of(Type options) => [.. options.GetProperties()
        .Select(p => (Property: p, Option: p.GetCustomAttribute<OptionAttribute>()))
        .Where(p => p.Option is not null)
        .Select(p => new DriverOption(p.Option!, p.Property.PropertyType, p.Property.GetValue, p.Property.SetValue))];

    public OptionAttribute Declared { get; }
    public string Key => Declared.Key;
    public bool IsSecret => Declared.Secret;
    public Type Type { get; }

    /// <summary>For a map of groups of options: the class of one group.</summary>
    internal Type? Group { get; }

    /// <summary>What each group may hold; the first stands for the whole group when a text is given in its place.</summary>
    public IReadOnlyList<DriverOption> GroupOptions { get; } = [];

    public IEnumerable<string> Spellings => [Declared.Key, .. Declared.Aliases];

    internal bool HasKnownType => Group is not null || OptionValue.IsKnown(Type);

    internal object? Get(object options) => _get(options);

    internal void Set(object options, object? value) => _set(options, value);

    internal object NewGroup() => Activator.CreateInstance(Group!)!;
}
