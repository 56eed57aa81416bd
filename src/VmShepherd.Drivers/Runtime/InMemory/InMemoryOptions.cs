namespace VmShepherd.Drivers.Runtime.InMemory;

/// <summary>The in-memory store has nothing to set.</summary>
public sealed class InMemoryOptions;
