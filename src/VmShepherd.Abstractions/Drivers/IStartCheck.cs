namespace VmShepherd.Abstractions;

/// <summary>A rare power of a runtime driver: to know before the first cycle that its settings can never work.</summary>
public interface IStartCheck
{
    /// <summary>
    /// MUST throw <see cref="ArgumentException"/>, with what to change, when only a person can help: a wrong password, tables of a newer version.
    /// MUST throw <see cref="InvalidOperationException"/> when it works for one process alone, and another one has it: the start fails, and may be tried again.
    /// MUST return when the store is merely out of reach: the loop waits for it.
    /// </summary>
    Task CheckAsync(CancellationToken cancellationToken);
}
