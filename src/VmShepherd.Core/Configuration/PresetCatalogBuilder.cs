using System.Collections.Frozen;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Configuration;

/// <summary>One snapshot to one catalog. A bad source freezes what it said last, it never deletes; and it concerns nobody else.</summary>
public sealed class PresetCatalogBuilder(PresetReader reader)
{
    /// <summary>Names of released presets that are remembered.</summary>
    const int MaxReleased = 10_000;

    /// <summary>The same instance as <paramref name="previous"/> when nothing changed.</summary>
    public PresetCatalog Build(PresetSnapshot snapshot, Settings settings, PresetCatalog previous, DateTimeOffset now)
    {
        string revision = $"{snapshot.Revision}+{settings.Defaults.Revision}";
        if (previous.IsCurrent && previous.Revision == revision) return previous;

        var entries = new Dictionary<string, CatalogEntry>(StringComparer.Ordinal);
        foreach (PresetSource source in snapshot.Sources)
            entries[source.Origin] = Entry(source, settings, previous.Entries.GetValueOrDefault(source.Origin), now);
        if (snapshot.Problems.Count > 0) KeepAbsent(entries, previous, snapshot.TroubledOrigins);

        List<CatalogProblem> problems = [.. snapshot.Problems.Select(text => Since(previous, new CatalogProblem("", null, now, text)))];
        Dictionary<string, Preset> presets = InForce(entries, previous, problems, now);
        problems.AddRange(entries.Where(e => e.Value.BadSince is not null).Select(e => Problem(e.Key, e.Value)));
        PreviousNames.Settle(presets, (preset, text) => problems.Add(Since(previous, new CatalogProblem(preset.Origin, preset.Name, now, text))));
        List<ReleasedPreset> released = Released(presets, previous, now);
        return new PresetCatalog
        {
            Revision = revision,
            Presets = presets.ToFrozenDictionary(StringComparer.Ordinal),
            Problems = [.. problems.OrderBy(p => p.Origin, StringComparer.Ordinal)],
            Released = released,
            LookAlikes = LookAlikes.Of(presets, released, previous, now),
            Entries = entries.ToFrozenDictionary(StringComparer.Ordinal),
            TroubledOrigins = snapshot.Problems.Count > 0 ? snapshot.TroubledOrigins : [],
            IsCurrent = true,
        };
    }

    /// <summary>What was in force before a restart, as it stands in its sources: to be the previous catalog of the first one.</summary>
    internal PresetCatalog Recall(IEnumerable<PresetSource> sources, Settings settings)
    {
        var entries = new Dictionary<string, CatalogEntry>(StringComparer.Ordinal);
        foreach (PresetSource source in sources)
        {
            // Whatever is there now is read, even if it is the same.
            if (Read(source, settings).Preset is { } preset) entries[source.Origin] = new CatalogEntry("", preset, null, null, []) { Source = source };
        }

        if (entries.Count == 0) return PresetCatalog.Empty;
        Dictionary<string, Preset> presets = InForce(entries, PresetCatalog.Empty, [], default);
        PreviousNames.Settle(presets, (_, _) => { });
        return new PresetCatalog { Presets = presets.ToFrozenDictionary(StringComparer.Ordinal), Entries = entries.ToFrozenDictionary(StringComparer.Ordinal) };
    }

    CatalogEntry Entry(PresetSource source, Settings settings, CatalogEntry? before, DateTimeOffset now)
    {
        string revision = $"{source.Revision}+{settings.Defaults.Revision}";
        if (source.Content is null)
        {
            string problem = source.Problem ?? "could not be read";
            return before is not null && before.Trouble == problem ? before : new CatalogEntry("", LastGood(before, source), before?.BadSince ?? now, problem, []) { Source = before?.Source };
        }
        if (before?.Revision == revision)
            return before is { Good: { } same, BadSince: null } && same.Commit != source.Commit ? before with { Good = PresetReader.MovedTo(source, same) } : before;

        PresetReading reading = Read(source, settings);
        if (reading.Preset is { } preset) return new CatalogEntry(revision, preset, null, null, reading.Diagnostics) { Source = source };
        int errors = reading.Diagnostics.Count(d => d.Severity == Severity.Error);
        string trouble = $"{reading.Diagnostics.First(d => d.Severity == Severity.Error)}{(errors > 1 ? $" (and {errors - 1} more)" : "")}";
        return new CatalogEntry(revision, LastGood(before, source), before?.BadSince ?? now, trouble, reading.Diagnostics) { Name = reading.Name, Source = before?.Source };
    }

    PresetReading Read(PresetSource source, Settings settings)
    {
        try
        {
            return reader.Read(source, settings);
        }
#pragma warning disable CA1031 // A mistake of ours in reading one source must not take the others along.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new PresetReading(null, [new Diagnostic(Severity.Error, source.Location, 0, 0, "", $"can't be taken, by a fault of this program ({e.GetType().Name}: {e.Message}): please report it")]);
        }
    }

    /// <summary>What the store remembers came without files: those that lie beside it now are the best there are.</summary>
    static Preset? LastGood(CatalogEntry? before, PresetSource source) =>
        before?.Good is { Userdata: { Text: not null, Files: null } } good && source.Files is not null ? PresetReader.WithFiles(source, good) : before?.Good;

    /// <summary>Where the place itself is in trouble, an absent source is not a vanished one.</summary>
    static void KeepAbsent(Dictionary<string, CatalogEntry> entries, PresetCatalog previous, IReadOnlyList<string> troubled)
    {
        foreach ((string origin, CatalogEntry entry) in previous.Entries)
            if (PresetCatalog.IsAmong(troubled, origin)) entries.TryAdd(origin, entry);
    }

    static Dictionary<string, Preset> InForce(Dictionary<string, CatalogEntry> entries, PresetCatalog previous, List<CatalogProblem> problems, DateTimeOffset now)
    {
        Dictionary<string, Preset> presets = new(StringComparer.Ordinal);
        foreach (IGrouping<string, Preset> claimed in entries.Values.Select(e => e.Good).OfType<Preset>().GroupBy(p => p.Name, StringComparer.Ordinal))
        {
            Preset[] claims = [.. claimed.OrderBy(p => p.Origin, StringComparer.Ordinal)];
            if (claims.Length == 1)
            {
                presets.Add(claimed.Key, claims[0]);
                continue;
            }
            // Who of the two is meant can't be known: what was in force before the second one came stays.
            Preset chosen = previous.Presets.GetValueOrDefault(claimed.Key) ?? claims[0];
            presets.Add(claimed.Key, chosen);
            string origins = string.Join(" and ", claims.Select(c => c.Origin));
            problems.AddRange(claims.Select(c => Since(previous, new CatalogProblem(c.Origin, claimed.Key, now,
                $"the name '{claimed.Key}' is given by {origins}: what was read from {chosen.Origin} stays in force until one of them is renamed or removed"))));
        }
        return presets;
    }

    static CatalogProblem Problem(string origin, CatalogEntry entry)
    {
        string meanwhile = entry.Good is { } good ? $"; since {entry.BadSince:yyyy-MM-dd HH:mm:ss}Z the last good version of preset '{good.Name}' stays in force" : "; there is no earlier version to keep to";
        return new CatalogProblem(origin, entry.Good?.Name ?? entry.Name, entry.BadSince!.Value, entry.Trouble + meanwhile) { Diagnostics = entry.Diagnostics };
    }

    static CatalogProblem Since(PresetCatalog previous, CatalogProblem problem) =>
        previous.Problems.FirstOrDefault(p => p.Origin == problem.Origin && p.Preset == problem.Preset && p.Text == problem.Text) is { } known ? problem with { Since = known.Since } : problem;

    static List<ReleasedPreset> Released(Dictionary<string, Preset> presets, PresetCatalog previous, DateTimeOffset now)
    {
        // Whose name is a previous name of another lives on there.
        HashSet<string> kept = [.. presets.Keys, .. presets.Values.SelectMany(preset => preset.PreviousNames)];
        List<ReleasedPreset> released = [.. previous.Released.Where(r => !kept.Contains(r.Name))];
        released.AddRange(previous.Presets.Values.Where(p => !kept.Contains(p.Name))
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => new ReleasedPreset(p.Name, p.Origin, now) { Last = p }));
        return released.Count <= MaxReleased ? released : released[^MaxReleased..];
    }
}
