namespace Bench;

/// <summary>The real clock, moved on by hand: what is due in a minute is due now.</summary>
sealed class ShiftedTime : TimeProvider
{
    TimeSpan _shift;

    public void Advance(TimeSpan by) => _shift += by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _shift;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(_shift.TotalSeconds * System.TimestampFrequency);
}
