using System.Text;
using System.Text.Json;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Programs;

/// <summary>A preset driver that is a program. While it does not answer, what it answered before stays, as a place in trouble.</summary>
sealed class ProgramPresetDriver(ProgramChannel channel) : IPresetDriver, IAsyncDisposable
{
    volatile PresetSnapshot? _last;

    public async Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        PresetSnapshot? last = _last;
        string? known = last is { Problems.Count: 0 } ? last.Revision : null;
        try
        {
            Snapshot? answer = await channel.CallAsync<Snapshot?>("load", new Dictionary<string, object?> { ["known_revision"] = known }, cancellationToken).ConfigureAwait(false);
            if (answer is { Unchanged: true } && known is not null) return last!;
            if (answer is not { Revision.Length: > 0, Sources: { } sources } || sources.Any(source => source is not { Origin.Length: > 0, Revision.Length: > 0 })) return InTrouble("the program answered 'load' without 'revision' and 'sources' that each have 'origin' and 'revision'");
            return _last = new PresetSnapshot(answer.Revision, [.. sources.Select(Source)])
            {
                Problems = answer.Problems ?? [],
                TroubledOrigins = answer.TroubledOrigins ?? [""],
            };
        }
        catch (ProgramException failed)
        {
            return InTrouble(failed.Message);
        }
    }

    public ValueTask DisposeAsync() => channel.DisposeAsync();

    PresetSnapshot InTrouble(string problem)
    {
        PresetSnapshot last = _last ?? new PresetSnapshot("", []);
        return last with { Revision = $"{last.Revision}!{problem}", Problems = [problem], TroubledOrigins = [""] };
    }

    PresetSource Source(SourceWire source)
    {
        PresetContent? content = source switch
        {
            { Yaml: { } yaml } => new PresetContent.Yaml(Encoding.UTF8.GetBytes(yaml)),
            { Document: { ValueKind: JsonValueKind.Object } document } => new PresetContent.Document((IReadOnlyDictionary<string, object?>)Wire.Plain(document)!),
            _ => null,
        };
        return new PresetSource(source.Origin!, source.Revision!, content)
        {
            Problem = content is null ? source.Problem ?? "the program gave neither 'yaml' nor 'document'" : null,
            Location = source.Location!,
            Commit = source.Commit,
            ChangedAt = source.ChangedAt,
            NamePrefix = source.NamePrefix ?? "",
            Files = source.FilesRoot is { } root ? new ProgramFiles(channel, source.Origin!, root) : null,
        };
    }

    sealed record Snapshot(string? Revision, bool Unchanged, SourceWire[]? Sources, string[]? Problems, string[]? TroubledOrigins);

    sealed record SourceWire(string? Origin, string? Revision, string? Yaml, JsonElement? Document, string? Problem, string? Location, SourceCommit? Commit, DateTimeOffset? ChangedAt, string? NamePrefix, string? FilesRoot);
}

/// <summary>Files that presets of a program name: the program reads them, and keeps to its root.</summary>
sealed class ProgramFiles(ProgramChannel channel, string origin, string root) : IPresetFiles
{
    public string Root => root;

    public async Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            byte[]? content = await channel.CallAsync<byte[]?>("read_file", new Dictionary<string, object?> { ["origin"] = origin, ["path"] = path, ["max_bytes"] = maxBytes }, cancellationToken).ConfigureAwait(false);
            if (content is null) throw new PresetFileException($"{path}: the program answered nothing");
            return content.Length <= maxBytes ? content : throw new PresetFileException($"{path} has more than {maxBytes} bytes");
        }
        catch (ProgramException failed)
        {
            throw new PresetFileException($"{path}: {failed.Message}", failed);
        }
    }
}
