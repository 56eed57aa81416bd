using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <param name="LooksLike">The other preset that this new one looks like; null = none.</param>
/// <param name="InForce">Names of presets in force: who is among them has not vanished.</param>
/// <param name="IsStale">The source could not be looked at lately, so it has not said anything a second time.</param>
readonly record struct SourceFacts(string? LooksLike, IReadOnlySet<string> InForce, bool IsStale)
{
    /// <summary>Who looks.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Whether other instances may act on the preset by what they see.</summary>
    public bool IsShared { get; init; }

    /// <summary>How the place came to say what it says.</summary>
    public SourceMove Move { get; init; } = SourceMove.None;
}

/// <summary>
/// G17, where it needs memory: a source may say by mistake what would end a fleet, or make a second one. So a count that changes to zero or by more than
/// <see cref="Factor"/> waits for a second look, and a new preset that looks like one that has just vanished waits for a person.
/// </summary>
static class SourceDoubts
{
    internal static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(60);

    const int Factor = 3;

    /// <summary>The memory, with the count to be kept from now on and what is in doubt.</summary>
    /// <param name="past">Remembered.</param>
    /// <param name="preset">As its source says.</param>
    /// <param name="facts">What the catalog knows.</param>
    /// <param name="requests">Of people.</param>
    /// <param name="now">Steady.</param>
    internal static History Weigh(History past, Preset preset, SourceFacts facts, IReadOnlyList<Request> requests, DateTimeOffset now)
    {
        bool isConfirmed = requests.Any(request => request is Request.Confirm confirm && confirm.Means(preset.Version));
        AppliedVersion applied = VersionOrder.Apply(past.Applied, preset, facts, isConfirmed, now);
        if (!ReferenceEquals(applied, past.Applied)) past = past with { Applied = applied };
        if (!applied.Version.Says(preset.Version)) return past; // what is not acted by can't be doubted either

        LookAlike? alike = Alike(past, preset, facts, isConfirmed, now);
        if (!Equals(alike, past.LookAlike)) past = past with { LookAlike = alike };
        if (past.Count == preset.Count) return past.CountChange is null ? past : past with { CountChange = null };

        CountChange change = past.CountChange is { } known && known.To == preset.Count ? known : new CountChange(preset.Count, now);
        bool isMeant = past.Count is not { } count || !IsDrastic(count, preset.Count) || isConfirmed || (!facts.IsStale && now - change.Since >= SecondLook);
        return isMeant ? past with { Count = preset.Count, CountChange = null } : ReferenceEquals(change, past.CountChange) ? past : past with { CountChange = change };
    }

    static bool IsDrastic(int from, int to) => Math.Max(from, to) > Factor * Math.Min(from, to);

    static LookAlike? Alike(History past, Preset preset, SourceFacts facts, bool isConfirmed, DateTimeOffset now)
    {
        LookAlike? alike = past.LookAlike ?? (facts.LooksLike is { } other && past is { Count: null, Machines.Length: 0 } ? new LookAlike(other, now, IsConfirmed: false) : null);
        if (alike is null || preset.PreviousNames.Contains(alike.Of, StringComparer.Ordinal)) return null;

        // Who is in force has not vanished. But of two repositories the one that a preset moves to may be read first.
        if (facts.InForce.Contains(alike.Of) && now - alike.Since >= SecondLook) return null;
        return isConfirmed ? alike with { IsConfirmed = true } : alike;
    }
}
