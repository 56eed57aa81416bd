using System.Globalization;

namespace Instances.Tests;

/// <summary>How much is tried: a part in <c>make test</c>, all in <c>make chaos</c>, which names the seconds of the storm.</summary>
static class Extent
{
    static readonly int? Seconds = Number("VMSHEPHERD_CHAOS");

    public static TimeSpan Storm { get; } = TimeSpan.FromSeconds(Seconds ?? 60);

    public static int ColdStarts { get; } = Seconds is null ? 10 : 100;

    /// <summary>All chance is drawn from it.</summary>
    public static int Seed { get; } = Number("VMSHEPHERD_SEED") ?? (Environment.TickCount & 0xFFFFFF);

    static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;
}
