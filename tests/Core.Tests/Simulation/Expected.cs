namespace Core.Tests.Simulation;

/// <summary>What must have happened over all seeds: else the storms were too weak to prove anything.</summary>
static class Expected
{
    static readonly Hop[] Lossy = [Hop.Claim, Hop.Save, Hop.Complete, Hop.List, Hop.Find, Hop.Create, Hop.Terminate];

    public static IEnumerable<string> Of(StoreMode mode) =>
    [
        .. Guards.All,
        .. Enum.GetValues<Mischief>().Select(mischief => $"mischief: {mischief}"),
        .. Lossy.SelectMany(hop => new[] { $"request lost: {hop}", $"answer lost: {hop}", $"answer late: {hop}", $"crash before {hop}", $"crash after {hop}" }),
        "request delayed", "request late beyond the lease", "short list", "list with repeated entries", "check hangs", "check lies", "check throws",
        "checker cut off: fails", "checker cut off: unknown", "stored state is rubbish", "wall clock jumps", "compared with and without jumps", "lease renewed",
        "late write under an older token",
        "end: Dead", "end: IllHealth", "end: ScaleIn", "end: Requested",
        .. mode == StoreMode.Survives ? ["takeover of a lease that was not given back", "failover that lost commits", "store's clock set forward by an hour", "store's clock set back by an hour"] : Array.Empty<string>(),
    ];
}
