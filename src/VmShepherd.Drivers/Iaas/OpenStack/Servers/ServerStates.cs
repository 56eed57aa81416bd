using System.Globalization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>From nova's words to ours, which are those of version 1.</summary>
static class ServerStates
{
    /// <summary>Metadata by which a cloud announces when it will shut a server down: Unix time.</summary>
    public const string TimedShutdown = "iaas_timed_shutdown";

    public static VmState Of(ReadOnlySpan<char> status, bool isDeleting, DateTimeOffset? shutdownAt, DateTimeOffset now, TimeSpan grace)
    {
        VmState state = status switch
        {
            "ACTIVE" => VmState.Running,
            "BUILD" or "REBUILD" => VmState.Pending,

            // ERROR too, as in version 1: clients compare the word.
            "ERROR" or "DELETED" or "SHUTOFF" or "SOFT_DELETED" or "SUSPENDED" => VmState.Terminated,
            _ => VmState.Unknown,
        };
        if (state is not (VmState.Running or VmState.Pending)) return state;
        if (shutdownAt <= now) return VmState.AfterTimeShutdown;

        // Somebody has asked nova for its end: it will go, so that its successor may start.
        return isDeleting || shutdownAt - now < grace ? VmState.NearbyShutdown : state;
    }

    /// <summary>The time that the metadata announces; what is no time announces nothing.</summary>
    public static DateTimeOffset? ShutdownAt(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(TimedShutdown, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is > 0 and < 253_402_300_000 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
}
