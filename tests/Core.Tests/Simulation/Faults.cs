using VmShepherd.Abstractions;

namespace Core.Tests.Simulation;

/// <summary>The calls that the shepherd makes: each is an await at which anything may happen.</summary>
enum Hop { Claim, Save, Complete, Renew, Scope, List, Find, Create, Terminate, Check }

/// <summary>What happens to one call, in this order.</summary>
/// <param name="CrashBefore">The caller dies before it is sent.</param>
/// <param name="Before">On its way; it arrives even if the caller dies or stops waiting meanwhile.</param>
/// <param name="RequestLost">It never arrives.</param>
/// <param name="CrashAfter">The caller dies when the effect has come.</param>
/// <param name="After">The answer is on its way.</param>
/// <param name="AnswerLost">The answer never arrives.</param>
sealed record Fate(bool CrashBefore, TimeSpan Before, bool RequestLost, bool CrashAfter, TimeSpan After, bool AnswerLost)
{
    public static Fate Good { get; } = new(false, TimeSpan.Zero, false, false, TimeSpan.Zero, false);
}

/// <summary>What happens to single calls, and which troubles last at the moment.</summary>
sealed class Faults(Scenario scenario, VirtualTime time, Tally tally)
{
    readonly Random _random = new(scenario.Seed ^ 0x5EED);
    readonly Dictionary<Mischief, TimeSpan> _lasting = [];

    // Of its own: what else happens stays as it is.
    readonly Random _late = new(scenario.Seed ^ 0x1A7E);
    readonly Dictionary<(int Generation, string Preset), PresetLease> _formerly = [];
    int _points;

    /// <summary>False = nothing goes wrong.</summary>
    public bool Stormy { get; set; }

    /// <summary>The one point at which the caller dies: 2k before, 2k + 1 after the effect of call k. Null = by chance.</summary>
    public int? CrashAt { get; init; }

    /// <summary>How many points there have been.</summary>
    public int Points => _points;

    /// <summary>Which instance is cut off, and whether its checks fail or can't be judged.</summary>
    public (int Slot, bool Unknown) CutOff { get; set; }

    /// <summary>Machines of which checks say that they fail.</summary>
    public HashSet<string> Slandered { get; } = new(StringComparer.Ordinal);

    public void Last(Mischief trouble, TimeSpan howLong) => _lasting[trouble] = time.Elapsed + howLong;

    public bool Lasts(Mischief trouble) => Stormy && _lasting.TryGetValue(trouble, out TimeSpan until) && time.Elapsed < until;

    /// <summary>When the storm ended.</summary>
    public TimeSpan CalmSince { get; private set; }

    /// <summary>When a trouble began is of interest for wrong scopes only.</summary>
    public TimeSpan WrongScopeSince { get; set; }

    public void Calm()
    {
        Stormy = false;
        CalmSince = time.Elapsed;
        _lasting.Clear();
        Slandered.Clear();
    }

    public void End(Mischief trouble) => _lasting.Remove(trouble);

    public bool Hits(double chance) => Stormy && chance > 0 && _random.NextDouble() < chance;

    /// <summary>Now and then somebody who held the preset before writes only now, when it has been granted again.</summary>
    public PresetLease? LateWriter(int generation, PresetLease granted)
    {
        PresetLease? before = _formerly.GetValueOrDefault((generation, granted.Preset));
        _formerly[(generation, granted.Preset)] = granted;
        return Stormy && _late.Next(10) == 0 ? before : null;
    }

    public int Next(int below) => _random.Next(below);

    public Fate Draw(Hop hop)
    {
        int point = _points;
        _points += 2;
        if (CrashAt is { } at)
        {
            if (at != point && at != point + 1) return Fate.Good;
            tally.Add(at == point ? $"crash before {hop}" : $"crash after {hop}");
            return Fate.Good with { CrashBefore = at == point, CrashAfter = at == point + 1 };
        }

        if (!Stormy) return Fate.Good;
        bool acts = hop is Hop.Create or Hop.Terminate;

        // Calls around an act are rare, and a crash there matters most.
        double crashes = scenario.Crashes / 2 * (acts || hop is Hop.Save or Hop.Find ? 8 : 1);
        return new Fate(
            Fires(crashes, $"crash before {hop}"),
            Wait(acts),
            Fires(scenario.LostRequests, $"request lost: {hop}"),
            Fires(crashes, $"crash after {hop}"),
            Fires(scenario.LongDelays, $"answer late: {hop}") ? scenario.Lease * (_random.NextDouble() * 2) : TimeSpan.Zero,
            Fires(scenario.LostAnswers, $"answer lost: {hop}"));
    }

    /// <summary>See <see cref="Scenario.MaxTransit"/> for why requests that act are not late by more.</summary>
    TimeSpan Wait(bool acts)
    {
        if (Fires(scenario.Delays, "request delayed")) return scenario.MaxTransit * _random.NextDouble();
        return !acts && Fires(scenario.LongDelays, "request late beyond the lease") ? scenario.Lease * (_random.NextDouble() * 2) : TimeSpan.Zero;
    }

    bool Fires(double chance, string name)
    {
        if (chance == 0 || _random.NextDouble() >= chance) return false;
        tally.Add(name);
        return true;
    }
}
