namespace VmShepherd.Abstractions;

/// <summary>A rare power of a runtime driver: to know before the first cycle that its settings can never work.</summary>
public interface IStartCheck
{
    /// <summary>
    /// MUST throw <see cref="ArgumentException"/>, with what to change, when only a person can help: a wrong password, tables of a newer version.
    /// MUST return when the store is merely out of reach: the loop waits for it.
    /// </summary>
    Task CheckAsync(CancellationToken cancellationToken);
}
