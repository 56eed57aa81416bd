namespace VmShepherd.Abstractions;

/// <summary>
/// A runtime driver that hears of requests which other instances took says so here: then nobody waits for the next claim. Without it each instance looks once in each
/// <c>worker_interval</c>, and that is enough: news may be late, or never come.
/// </summary>
public interface IRuntimeNews
{
    /// <summary>The next <see cref="IRuntimeDriver.ClaimAsync"/> may find something due. Raised on any thread; handlers return at once. May be raised for nothing.</summary>
    event Action? Asked;
}
