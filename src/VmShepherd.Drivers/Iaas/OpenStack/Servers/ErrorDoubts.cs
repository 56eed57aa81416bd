using System.Collections.Concurrent;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>
/// A young server that reads ERROR may yet become ACTIVE: nova-compute that comes back was seen to do so. It is pending still until a second reading agrees.
/// </summary>
sealed class ErrorDoubts(TimeProvider time)
{
    static readonly TimeSpan Young = TimeSpan.FromMinutes(10);
    static readonly TimeSpan BetweenReadings = TimeSpan.FromSeconds(15);
    static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    readonly ConcurrentDictionary<string, long> _first = new(StringComparer.Ordinal);

    // Most clouds never have one; asking an empty dictionary whether it is costs more than reading a server.
    volatile bool _isUsed;

    public VmState Judge(string id, VmState state, bool isError, DateTimeOffset? created, DateTimeOffset now)
    {
        if (!isError)
        {
            if (_isUsed) _first.TryRemove(id, out _);
            return state;
        }

        if (created is { } since && now - since > Young) return state;
        _isUsed = true;
        long first = _first.GetOrAdd(id, _ => time.GetTimestamp());
        return time.GetElapsedTime(first) >= BetweenReadings ? state : VmState.Pending;
    }

    /// <summary>Forgets servers that are long gone.</summary>
    public void Prune()
    {
        foreach ((string id, long first) in _first)
            if (time.GetElapsedTime(first) > Kept) _first.TryRemove(id, out _);
    }
}
