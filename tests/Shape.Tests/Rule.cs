namespace VmShepherd.Shape.Tests;

/// <summary>A house rule: it names who breaks it, and says what to do.</summary>
static class Rule
{
    /// <param name="offenders">Who breaks it; none = it holds.</param>
    /// <param name="lesson">Why there is the rule, and what to do.</param>
    public static void Holds(IEnumerable<string> offenders, string lesson)
    {
        string[] all = [.. offenders];
        if (all.Length > 0) Assert.Fail($"{lesson}{Environment.NewLine}{string.Join(Environment.NewLine, all.Take(50))}{(all.Length > 50 ? $"{Environment.NewLine}... and {all.Length - 50} more" : "")}");
    }

    /// <summary>A rule that looks at nothing holds for ever: what it looks at must be there.</summary>
    public static IReadOnlyList<T> LooksAt<T>(IEnumerable<T> items, int atLeast)
    {
        T[] all = [.. items];
        Assert.True(all.Length >= atLeast, $"Only {all.Length} found, at least {atLeast} are there: the way in which this test finds them no longer fits the code.");
        return all;
    }
}
