namespace Instances.Tests.Chaos;

/// <summary>A checker that can be fooled is worthless. Here it reads ledgers that are written by the rules, and the same with one bug in each.</summary>
public sealed class LedgerCheckTests(ITestOutputHelper output)
{
    static readonly string[] Faults = ["kill", "pause"];

    public static TheoryData<string> Plants => [.. Plant.All.Select(plant => plant.Name)];

    [Fact]
    public void A_ledger_by_the_rules_is_clean()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            (List<LedgerLine> ledger, Expected expected) = ByTheRules(seed);
            Assert.Empty(LedgerCheck.Of(ledger, expected).Violations);
        }
    }

    [Theory]
    [MemberData(nameof(Plants))]
    public void A_planted_bug_is_found(string name)
    {
        Plant plant = Plant.All.Single(plant => plant.Name == name);
        for (int seed = 0; seed < 20; seed++)
        {
            (List<LedgerLine> ledger, Expected expected) = ByTheRules(seed);
            plant.IsFoundIn(ledger, expected, seed);
        }

        output.WriteLine(plant.Shows);
    }

    /// <summary>What a call that is on its way when its holder gives up looks like: late for its holder, inside its lease for everybody.</summary>
    [Fact]
    public void An_act_that_arrives_after_its_token_was_given_back_is_in_order_until_that_lease_would_have_ended()
    {
        DateTimeOffset start = DateTimeOffset.UnixEpoch;
        LedgerLine[] Ledger(double at) =>
        [
            new(start, "grant", "web", Token: "1.1", Until: start.AddSeconds(15)),
            new(start.AddSeconds(1), "give_back", "web", Token: "1.1"),
            new(start.AddSeconds(2), "grant", "web", Token: "1.2", Until: start.AddSeconds(17)),
            new(start.AddSeconds(at), "create", "web", "vm", "intent", "1.1"),
        ];
        var expected = new Expected(new Dictionary<string, int> { ["web"] = 1 }, []);

        Assert.Empty(LedgerCheck.Of(Ledger(3), expected).Violations);
        Assert.Contains("0.000 s after the end of 1.1", Assert.Single(LedgerCheck.Of(Ledger(15), expected).Violations), StringComparison.Ordinal);
    }

    /// <summary>Three groups that are made, fall ill, are ended and replaced, now and then by the next holder after a lease that nobody gave back.</summary>
    static (List<LedgerLine> Ledger, Expected Expected) ByTheRules(int seed)
    {
        var random = new Random(seed);
        Dictionary<string, int> counts = new() { ["a"] = 2, ["b"] = 3, ["c"] = 1 };
        List<LedgerLine> ledger = [.. Faults.Select(kind => new LedgerLine(DateTimeOffset.UnixEpoch, "fault", kind, "instance-1"))];
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        int token = 0, made = 0;
        Dictionary<string, List<string>> good = counts.Keys.ToDictionary(preset => preset, _ => new List<string>()), dead = counts.Keys.ToDictionary(preset => preset, _ => new List<string>());
        for (int round = 0; round < 40; round++)
        {
            bool isLast = round == 39;
            foreach (string preset in counts.Keys)
            {
                now = now.AddSeconds(16);
                string held = $"1.{++token}";
                ledger.Add(new LedgerLine(now, "grant", preset, Token: held, Until: now.AddSeconds(15)));
                foreach (string vm in dead[preset]) ledger.Add(new LedgerLine(now = now.AddSeconds(0.1), "terminate", preset, vm, $"for-{vm}", held));
                dead[preset].Clear();
                while (good[preset].Count < counts[preset])
                {
                    string vm = $"vm-{++made}";
                    good[preset].Add(vm);
                    ledger.Add(new LedgerLine(now = now.AddSeconds(0.1), "create", preset, vm, $"for-{vm}", held));
                }

                if (isLast || random.Next(3) > 0) ledger.Add(new LedgerLine(now = now.AddSeconds(0.1), "give_back", preset, Token: held));
                if (isLast || random.Next(2) > 0) continue;
                string victim = good[preset][random.Next(good[preset].Count)];
                good[preset].Remove(victim);
                dead[preset].Add(victim);
                ledger.Add(new LedgerLine(now = now.AddSeconds(0.1), random.Next(2) == 0 ? "die" : "hang", preset, victim, $"for-{victim}"));
            }
        }

        return (ledger, new Expected(counts, Faults));
    }
}
