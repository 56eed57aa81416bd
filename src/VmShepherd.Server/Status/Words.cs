using System.Collections.Frozen;
using VmShepherd.Core.Status;

namespace VmShepherd.Server.Status;

/// <summary>Names as metrics, JSON and the page spell them.</summary>
static class Words
{
    static readonly FrozenDictionary<CycleOutcome, string> Outcomes =
        Enum.GetValues<CycleOutcome>().ToFrozenDictionary(outcome => outcome, outcome => ToSnake(outcome.ToString()));

    public static IEnumerable<string> AllOutcomes => Outcomes.Values;

    public static string Of(CycleOutcome outcome) => Outcomes[outcome];

    static string ToSnake(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
