using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G13: machines that die before they ever pass are made again more and more slowly, 10 s to 30 min; one that passes ends it.</summary>
sealed class CrashLoopBrake : IBrake
{
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    /// <summary>The wait after so many failures.</summary>
    internal static TimeSpan Wait(int failures) => failures > 8 ? Longest : TimeSpan.FromSeconds(Math.Min(10 * Math.Pow(2, failures - 1), Longest.TotalSeconds));

    public Plan Limit(Plan plan, Situation situation) => plan.Next.CrashLoop is { } loop && situation.Now < loop.NotBefore
        ? plan.Without(step => step is Step.Create, new Hold("crash-loop", $"machines died {loop.Failures} time(s) in a row before they ever passed a check", $"{loop.NotBefore:u}; a new machine that passes ends the waiting"))
        : plan;
}
