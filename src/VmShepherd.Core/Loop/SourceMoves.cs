using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Loop;

/// <summary>What each preset's place said before, as this process saw it: so that a version which is taken back is told from an instance that lags behind.</summary>
sealed class SourceMoves(SteadyClock clock)
{
    /// <summary>Revisions remembered of one preset.</summary>
    const int MaxEarlier = 8;

    sealed record Seen(string Revision, SourceMove Move);

    Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    /// <summary>Takes note of what is in force now. Names that are gone are forgotten.</summary>
    public void Observe(PresetCatalog catalog)
    {
        DateTimeOffset now = clock.Now;
        var seen = new Dictionary<string, Seen>(catalog.Presets.Count, StringComparer.Ordinal);
        foreach (Preset preset in catalog.Presets.Values) seen.Add(preset.Name, Next(_seen.GetValueOrDefault(preset.Name), preset.Version.Revision, now));
        _seen = seen;
    }

    public SourceMove Of(string preset) => _seen.GetValueOrDefault(preset)?.Move ?? SourceMove.None;

    static Seen Next(Seen? before, string revision, DateTimeOffset now) =>
        before is null ? new Seen(revision, SourceMove.None)
        : before.Revision == revision ? before
        : new Seen(revision, new SourceMove(now, [.. before.Move.Earlier.Append(before.Revision).TakeLast(MaxEarlier)]));
}
