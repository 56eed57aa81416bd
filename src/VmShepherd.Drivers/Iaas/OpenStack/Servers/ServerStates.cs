using System.Globalization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>From nova's words to ours, which are those of version 1.</summary>
static class ServerStates
{
    /// <summary>Metadata by which a cloud announces when it will shut a server down: Unix time.</summary>
    public const string TimedShutdown = "iaas_timed_shutdown";

    public static VmState Of(ReadOnlySpan<char> status, bool isDeleting)
    {
        VmState state = status switch
        {
            "ACTIVE" => VmState.Running,
            "BUILD" or "REBUILD" => VmState.Pending,

            // ERROR too, as in version 1: clients compare the word.
            "ERROR" or "DELETED" or "SHUTOFF" or "SOFT_DELETED" or "SUSPENDED" => VmState.Terminated,
            _ => VmState.Unknown,
        };

        // Somebody has asked nova for its end: it will go, so that its successor may start.
        return isDeleting && state is (VmState.Running or VmState.Pending) ? VmState.NearbyShutdown : state;
    }

    /// <summary>The server with what its metadata announces.</summary>
    /// <param name="vm">As nova tells it.</param>
    /// <param name="now">By the cloud's clock.</param>
    /// <param name="grace"><c>shutdown_grace_period</c>.</param>
    public static Vm Announced(Vm vm, DateTimeOffset now, TimeSpan grace)
    {
        if (vm.TimedShutdownAt is not { } at || vm.State is not (VmState.Running or VmState.Pending or VmState.NearbyShutdown)) return vm;
        VmState state = at <= now ? VmState.AfterTimeShutdown : at - now < grace ? VmState.NearbyShutdown : vm.State;
        return state == vm.State ? vm : vm with { State = state };
    }

    /// <summary>The time that the metadata announces; what is no time announces nothing.</summary>
    public static DateTimeOffset? ShutdownAt(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(TimedShutdown, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is > 0 and < 253_402_300_000 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
}
