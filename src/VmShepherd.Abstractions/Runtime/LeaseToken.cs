using System.Globalization;

namespace VmShepherd.Abstractions;

/// <summary>A fencing token. Rises with every claim of a preset, over failovers too.</summary>
/// <param name="Timeline">Of the store; a failover raises it.</param>
/// <param name="Counter">Within the timeline.</param>
public readonly record struct LeaseToken(long Timeline, long Counter) : IComparable<LeaseToken>
{
    /// <summary>By timeline, then by counter.</summary>
    public int CompareTo(LeaseToken other) => Timeline != other.Timeline ? Timeline.CompareTo(other.Timeline) : Counter.CompareTo(other.Counter);

    /// <summary><c>TIMELINE.COUNTER</c>, as it stands in a machine's metadata.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Timeline}.{Counter}");

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(LeaseToken left, LeaseToken right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(LeaseToken left, LeaseToken right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not newer.</summary>
    public static bool operator <=(LeaseToken left, LeaseToken right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not older.</summary>
    public static bool operator >=(LeaseToken left, LeaseToken right) => left.CompareTo(right) >= 0;
}
