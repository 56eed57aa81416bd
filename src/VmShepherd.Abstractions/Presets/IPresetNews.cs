namespace VmShepherd.Abstractions;

/// <summary>
/// A preset driver that notices changes by itself, or polls in the background, says so here. One without it is asked once in each <c>worker_interval</c>, and that is enough.
/// </summary>
public interface IPresetNews
{
    /// <summary>The next <see cref="IPresetDriver.LoadAsync"/> may answer something new. Raised on any thread; handlers return at once. May be raised for nothing.</summary>
    event Action? Changed;

    /// <summary>
    /// Somebody wants the newest presets now: what is polled in the background MUST be polled, however lately that was done. Completes when the next
    /// <see cref="IPresetDriver.LoadAsync"/> answers what was found. MUST NOT throw because a place is out of reach.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not the poll.</param>
    Task LookAgainAsync(CancellationToken cancellationToken);
}
