namespace Instances.Tests.Chaos;

/// <summary>A bug as it would stand in a ledger that is clean without it.</summary>
/// <param name="Name">What somebody has done wrong.</param>
/// <param name="Put">The ledger with it, somewhere; null = the ledger has no place for it.</param>
/// <param name="Shows">What the check says of it.</param>
sealed record Plant(string Name, Func<List<LedgerLine>, Random, List<LedgerLine>?> Put, string Shows)
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        new("a holder that was paused acts when its lease is over and another one has the preset", ActLate, " s after the end of "),
        new("a holder that was paused acts when its lease is over and nobody has taken over yet", ActLateAlone, " s after the end of "),
        new("a store that failed over grants a token it had granted before", GrantBefore, "tokens go back"),
        new("two instances hold one preset", GrantTwice, "two hold the preset"),
        new("an act under a token that nobody had", ActUnderNoToken, "granted to nobody"),
        new("one create too many, by whoever holds the preset", CreateOneMore, "above the ceiling"),
        new("a create whose answer was lost is sent again", CreateAgain, "one that had its machine"),
        new("a dead machine is forgotten", ForgetDead, "they are leaked"),
        new("a machine is created and its preset never knows", CreateForNobody, "which nobody asked for, is leaked"),
        new("a healthy machine is ended and replaced", EndHealthy, "was healthy"),
        new("a machine is missing at the end", LoseLast, "healthy machines of"),
        new("a kind of fault never fired", CalmDown, "this run shows nothing of it"),
    ];

    /// <summary>Wherever it is put.</summary>
    public void IsFoundIn(IReadOnlyList<LedgerLine> ledger, Expected expected, int seed)
    {
        for (int i = 0; i < 5; i++)
        {
            List<LedgerLine>? planted = Put([.. ledger], new Random(seed + i));
            Assert.True(planted is not null, $"this ledger has no place for '{Name}'");
            string[] violations = [.. LedgerCheck.Of(planted, expected).Violations];
            Assert.True(Array.Exists(violations, violation => violation.Contains(Shows, StringComparison.Ordinal)), $"seed {seed + i}: '{Name}' is not noticed; {violations.Length} violations: {string.Join("; ", violations.Take(1))}");
        }
    }

    static List<LedgerLine>? ActLate(List<LedgerLine> lines, Random random) => ActAfter(lines, random, (takeover, _) => takeover.AddMilliseconds(1), 1);

    static List<LedgerLine>? ActLateAlone(List<LedgerLine> lines, Random random) => ActAfter(lines, random, (_, over) => over.AddMilliseconds(1), 0);

    /// <summary>Where a lease ran out and was taken over: its holder's end of a machine comes at some time after that.</summary>
    static List<LedgerLine>? ActAfter(List<LedgerLine> lines, Random random, Func<DateTimeOffset, DateTimeOffset, DateTimeOffset> when, int linesLater)
    {
        if (Find(lines, random, (line, i) => line.Op == "grant" && LeftLease(lines, i) is not null && MachineOf(lines, i) is not null) is not { } at) return null;
        LedgerLine left = LeftLease(lines, at)!;
        lines.Insert(at + linesLater, MachineOf(lines, at)! with { Time = when(lines[at].Time, left.Until!.Value), Op = "terminate", Token = left.Token });
        return lines;
    }

    static List<LedgerLine>? GrantBefore(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, i) => line.Op == "grant" && lines.Take(i).Any(before => before.Op == "grant" && before.Preset == line.Preset)) is not { } at) return null;
        LedgerLine grant = lines[at], before = lines.Take(at).Last(line => line.Op == "grant" && line.Preset == grant.Preset);
        for (int i = at; i < lines.Count; i++)
        {
            if (lines[i].Preset == grant.Preset && lines[i].Token == grant.Token) lines[i] = lines[i] with { Token = before.Token };
        }

        return lines;
    }

    static List<LedgerLine>? GrantTwice(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, i) => line.Op == "give_back" && lines.Skip(i).Any(later => later.Op == "grant" && later.Preset == line.Preset)) is not { } at) return null;
        int next = lines.FindIndex(at, line => line.Op == "grant" && line.Preset == lines[at].Preset);
        LedgerLine early = lines[next] with { Time = lines[at].Time };
        lines.RemoveAt(next);
        lines.Insert(at, early);
        return lines;
    }

    static List<LedgerLine>? ActUnderNoToken(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, _) => IsAct(line)) is not { } at) return null;
        lines[at] = lines[at] with { Token = random.Next(2) == 0 ? null : $"1.{long.MaxValue}" };
        return lines;
    }

    static List<LedgerLine>? CreateOneMore(List<LedgerLine> lines, Random random) => Repeat(lines, random, line => line with { Id = line.Id + "-bis", Intent = line.Intent + "-bis" });

    static List<LedgerLine>? CreateAgain(List<LedgerLine> lines, Random random) => Repeat(lines, random, line => line with { Id = line.Id + "-bis" });

    static List<LedgerLine>? Repeat(List<LedgerLine> lines, Random random, Func<LedgerLine, LedgerLine> other)
    {
        // At the last create of its group that group is whole, if anybody ever made it whole.
        if (Find(lines, random, (line, i) => line.Op == "create" && !lines.Skip(i + 1).Any(later => later.Op is "create" or "terminate" && later.Preset == line.Preset)) is not { } at) return null;
        lines.Insert(at + 1, other(lines[at]));
        return lines;
    }

    static List<LedgerLine>? ForgetDead(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, _) => line.Op == "terminate") is not { } at) return null;
        lines.RemoveAt(at);
        return lines;
    }

    static List<LedgerLine>? CreateForNobody(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, _) => line.Op == "create") is not { } at) return null;
        lines.Insert(at + 1, lines[at] with { Preset = "nobody's", Id = "stray", Intent = "stray" });
        return lines;
    }

    static List<LedgerLine>? EndHealthy(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, i) => line.Op == "create" && !lines.Skip(i).Any(later => later.Id == line.Id && later != line)) is not { } at) return null;
        LedgerLine made = lines[at];
        lines.Insert(at + 1, made with { Op = "terminate" });
        lines.Insert(at + 2, made with { Id = made.Id + "-bis", Intent = made.Intent + "-bis" });
        return lines;
    }

    static List<LedgerLine>? LoseLast(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, i) => line.Op == "create" && !lines.Skip(i).Any(later => later.Id == line.Id && later != line)) is not { } at) return null;
        lines.RemoveAt(at);
        return lines;
    }

    static List<LedgerLine>? CalmDown(List<LedgerLine> lines, Random random)
    {
        if (Find(lines, random, (line, _) => line.Op == "fault") is not { } at) return null;
        string kind = lines[at].Preset;
        lines.RemoveAll(line => line.Op == "fault" && line.Preset == kind);
        return lines;
    }

    static bool IsAct(LedgerLine line) => line.Op is "create" or "terminate";

    /// <summary>The lease before the one in force at a line, if that was not given back; with the end it had at last.</summary>
    static LedgerLine? LeftLease(List<LedgerLine> lines, int at)
    {
        string preset = lines[at].Preset;
        int grant = lines.FindLastIndex(at, line => line.Op == "grant" && line.Preset == preset);
        int last = grant <= 0 ? -1 : lines.FindLastIndex(grant - 1, line => line.Op is "grant" or "renew" or "give_back" && line.Preset == preset);
        return last < 0 || lines[last].Op == "give_back" ? null : lines[last];
    }

    static LedgerLine? MachineOf(List<LedgerLine> lines, int at)
    {
        int made = lines.FindLastIndex(at, line => line.Op == "create" && line.Preset == lines[at].Preset);
        return made < 0 ? null : lines[made];
    }

    /// <summary>A place that fits, the first after one that is drawn.</summary>
    static int? Find(List<LedgerLine> lines, Random random, Func<LedgerLine, int, bool> fits)
    {
        int from = random.Next(lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            int at = (from + i) % lines.Count;
            if (fits(lines[at], at)) return at;
        }

        return null;
    }
}
