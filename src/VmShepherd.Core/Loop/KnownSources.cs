using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Loop;

/// <summary>
/// The last good sources of all presets, kept in the store (G17): what can't be read after a restart stays in force as it was, and what vanished meanwhile is missed.
/// They stand beside the presets' memory, in a fixed number of documents under names that no preset can have.
/// </summary>
sealed class KnownSources(string instance, IRuntimeDriver runtime, PresetCatalogBuilder builder, SteadyClock clock)
{
    const int Parts = 16;

    static readonly TimeSpan Lease = TimeSpan.FromSeconds(30), Patience = TimeSpan.FromSeconds(10);

    /// <summary>Of a part that another process has stored: whatever is in force now follows it, nothing too.</summary>
    const string Unknown = "?";

    // By part: of what is stored; null = nothing is.
    readonly string?[] _stored = new string?[Parts];
    PresetCatalog _kept = PresetCatalog.Empty;

    /// <summary>What was in force before this process; empty = nothing is known.</summary>
    public async Task<PresetCatalog> RecallAsync(Settings settings, CancellationToken cancellationToken)
    {
        using var patience = new Deadline(Patience, clock.Time, cancellationToken);
        IReadOnlyDictionary<string, VersionedDocument> stored = await runtime.ReadAsync(Enumerable.Range(0, Parts).Select(NameOf).ToArray(), patience.Token).WaitAsync(patience.Token);
        for (int part = 0; part < Parts; part++)
        {
            if (stored.ContainsKey(NameOf(part))) _stored[part] = Unknown;
        }

        return builder.Recall(stored.Values.SelectMany(document => SourcesCodec.Decode(document.Content)), settings);
    }

    /// <summary>Stores what has changed since the last time. What another instance is storing at the moment is left to it, and looked at again in the next pass.</summary>
    public async Task KeepAsync(PresetCatalog catalog)
    {
        if (ReferenceEquals(catalog, _kept) || !catalog.IsCurrent) return;

        ILookup<int, PresetSource> sources = InForce(catalog).ToLookup(source => PartOf(source.Origin));
        Dictionary<string, (int Part, byte[] Content, string Revision)> changed = new(StringComparer.Ordinal);
        for (int part = 0; part < Parts; part++)
        {
            PresetSource[] ordered = [.. sources[part].OrderBy(source => source.Origin, StringComparer.Ordinal)];
            string revision = RevisionOf(ordered);
            bool isNothing = _stored[part] is null && ordered.Length == 0;
            if (revision != _stored[part] && !isNothing) changed[NameOf(part)] = (part, SourcesCodec.Encode(ordered), revision);
        }

        using var patience = new CancellationTokenSource(Patience, clock.Time);
        IReadOnlyList<PresetLease> leases = changed.Count == 0 ? [] : await runtime.ClaimAsync(new ClaimRequest(instance, changed.Keys, Parts, Lease), patience.Token).WaitAsync(patience.Token);
        foreach (PresetLease lease in leases)
        {
            (int part, byte[] content, string revision) = changed[lease.Preset];
            bool isThere = lease.State is { } state && state.Content.Span.SequenceEqual(content);
            ReadOnlyMemory<byte>? unstored = isThere ? null : (ReadOnlyMemory<byte>?)content; // without the cast null would be an empty document
            if (await runtime.CompleteAsync(lease, unstored, TimeSpan.Zero, patience.Token).WaitAsync(patience.Token)) _stored[part] = revision;
        }

        if (changed.Values.All(part => _stored[part.Part] == part.Revision)) _kept = catalog;
    }

    /// <summary>Of two that give one name, only the one that counts: after a restart nobody could tell which it was.</summary>
    static IEnumerable<PresetSource> InForce(PresetCatalog catalog) => catalog.Entries
        .Where(entry => entry.Value.Good is not { } good || !catalog.Presets.TryGetValue(good.Name, out Preset? preset) || preset.Origin == entry.Key || !catalog.Entries.ContainsKey(preset.Origin))
        .Select(entry => entry.Value.Source).OfType<PresetSource>();

    /// <summary>It begins with a blank, as no preset's may. It says nothing of where presets come from: another address, or one repository more, is no other fleet.</summary>
    static string NameOf(int part) => $" sources/{part:x}";

    /// <summary>Of all sources of a part together: packing them costs more.</summary>
    static string RevisionOf(PresetSource[] sources)
    {
        using var hash = new ContentHash();
        foreach (PresetSource source in sources) hash.Add(source.Origin).Add(source.NamePrefix).Add(source.Revision);
        return hash.Finish(64);
    }

    static int PartOf(string origin) => SHA256.HashData(Encoding.UTF8.GetBytes(origin))[0] % Parts;
}

/// <summary>Sources as bytes, and back.</summary>
static class SourcesCodec
{
    internal sealed record Source(string Origin, string Prefix, byte[]? Yaml, Dictionary<string, JsonElement>? Document);

    /// <summary>A number that JSON has no word for comes back as a text, and hinders nobody else's sources.</summary>
    static readonly JsonSerializerOptions Plainly = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    internal static byte[] Encode(IEnumerable<PresetSource> sources)
    {
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            JsonSerializer.Serialize(packed, [.. sources.Select(Of)], SourcesJson.Default.SourceArray);
        }

        return bytes.ToArray();
    }

    static Source Of(PresetSource source) => new(source.Origin, source.NamePrefix, (source.Content as PresetContent.Yaml)?.Bytes.ToArray(),
        (source.Content as PresetContent.Document)?.Value.ToDictionary(pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value, Plainly)));

    /// <summary>Nothing, if it can't be read: it is as if it had never been stored.</summary>
    internal static IEnumerable<PresetSource> Decode(ReadOnlyMemory<byte> content)
    {
        Source[] sources;
        try
        {
            using var packed = new GZipStream(new MemoryStream(content.ToArray()), CompressionMode.Decompress);
            sources = JsonSerializer.Deserialize(packed, SourcesJson.Default.SourceArray) ?? [];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return [];
        }

        return sources.Select(source => new PresetSource(source.Origin, "", source.Yaml is { } yaml ? new PresetContent.Yaml(yaml)
            : new PresetContent.Document((source.Document ?? []).ToDictionary(pair => pair.Key, pair => Plain(pair.Value)))) { NamePrefix = source.Prefix });
    }

    static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(pair => pair.Name, pair => Plain(pair.Value)),
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToArray(),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number when value.TryGetInt64(out long number) => number,
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}

[JsonSerializable(typeof(SourcesCodec.Source[]))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class SourcesJson : JsonSerializerContext;
