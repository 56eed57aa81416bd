using System.Globalization;

namespace Core.Tests.Configuration.Fuzzing;

/// <summary>Which seeds a run tries. <c>VMSHEPHERD_SEED</c> replays one.</summary>
static class Seeds
{
    internal static int? Single => Number("VMSHEPHERD_SEED");

    /// <param name="variable">Says how many instead of <paramref name="count"/>, and then where they begin is drawn, for to try the same again finds nothing new.</param>
    /// <param name="count">Of an ordinary run, which begins with 0: the same on every machine.</param>
    internal static (int First, int Count) Of(string variable, int count)
    {
        if (Single is { } one) return (one, 1);
        return Number(variable) is { } many ? (new Random(Guid.NewGuid().GetHashCode()).Next(int.MaxValue - many), many) : (0, count);
    }

    internal static string Again(int seed) => string.Create(CultureInfo.InvariantCulture, $"Again: VMSHEPHERD_SEED={seed}");

    static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;
}
