namespace VmShepherd.Abstractions;

/// <summary>The result of one check.</summary>
public abstract record Verdict
{
    private Verdict() { }

    /// <summary>The machine answered as it should. One value serves all: a check that passes allocates nothing.</summary>
    public static Verdict Passed { get; } = new PassedCase();

    /// <summary>The machine is at fault: it refused, was silent, answered wrongly.</summary>
    /// <param name="Reason">For the operator, short; never the machine's own words unbounded.</param>
    public sealed record Failed(string Reason) : Verdict;

    /// <summary>Our own fault or no knowledge (no descriptor, no route, no address): neither counts nor resets.</summary>
    /// <param name="Reason">For the operator.</param>
    public sealed record Unknown(string Reason) : Verdict;

    private sealed record PassedCase : Verdict
    {
        public override string ToString() => "Passed";
    }
}
