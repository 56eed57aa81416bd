namespace VmShepherd.Core;

/// <summary>
/// A clock that starts at the wall's time and then only runs: jumps of the wall clock change no decision. Every time in a decision is of this clock.
/// Times of another process are moved over by their age.
/// </summary>
public sealed class SteadyClock(TimeProvider time)
{
    readonly DateTimeOffset _anchor = time.GetUtcNow();
    readonly long _start = time.GetTimestamp();

    public TimeProvider Time { get; } = time;

    public DateTimeOffset Now => _anchor + Time.GetElapsedTime(_start);
}
