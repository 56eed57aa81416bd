namespace VmShepherd.Core.Configuration;

/// <summary>A driver by name, with its options as read: everything needed to make an instance, nothing made yet.</summary>
/// <param name="Group">The entry point (<see cref="Abstractions.DriverGroup"/>).</param>
/// <param name="Name">The driver's name.</param>
/// <param name="Key">Hash over group, name and options: equal keys share an instance. Safe to show.</param>
/// <param name="Options">The options object of the driver's own type, bound and checked.</param>
public sealed record DriverReference(string Group, string Name, string Key, object Options)
{
    public bool Equals(DriverReference? other) => other is not null && Group == other.Group && Name == other.Name && Key == other.Key;

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);

    /// <summary>Never the options: some are secret.</summary>
    public override string ToString() => Name;
}
