namespace VmShepherd.Abstractions;

/// <summary>Where presets come from.</summary>
/// <remarks>
/// Not here, on purpose: reading YAML, merging, validation, templates, the last known good. The core does those once for every driver.
/// A driver that holds connections or processes implements <see cref="IAsyncDisposable"/>.
/// </remarks>
public interface IPresetDriver
{
    /// <summary>
    /// Everything there is now. MUST NOT hold up the caller's thread (a disk may hang); MUST NOT answer half a file. A source that can't be reached is a problem in the snapshot;
    /// it MUST NOT make its presets vanish. MUST return the same instance, or at least the same revision, while nothing changed.
    /// </summary>
    Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken);
}
