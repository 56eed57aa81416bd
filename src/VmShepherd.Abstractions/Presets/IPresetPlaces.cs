namespace VmShepherd.Abstractions;

/// <summary>
/// A preset driver that can tell where it reads says so here, so that two processes that would keep the same presets can be told. Without it, only the same options in the
/// same folder are known to be the same presets.
/// </summary>
public interface IPresetPlaces
{
    /// <summary>In full and without secrets. MUST be equal for drivers that give the same presets the same names, as far as options and local links tell; MUST NOT reach a server.</summary>
    IReadOnlyCollection<string> Places { get; }
}
