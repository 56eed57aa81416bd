namespace VmShepherd.Abstractions;

/// <summary>What every driver is given beside its options.</summary>
/// <param name="Time">The only clock. Monotonic measures come from its timestamps.</param>
/// <param name="Random">The only source of chance, so that a seed repeats a run. Not safe for side-by-side use: lock, or draw seeds from it at construction.</param>
/// <param name="BaseDirectory">What relative paths are relative to: the directory of the settings file.</param>
public sealed record DriverContext(TimeProvider Time, Random Random, string BaseDirectory)
{
    /// <summary>
    /// Writes a line to the operator's log, with the driver's name before it: for what no answer and no failure can say. One line, without secrets. May be called side by side.
    /// </summary>
    public Action<string> Log { get; init; } = static _ => { };
}
