using System.Collections.Concurrent;
using System.Security.Cryptography;
using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Loop;

/// <summary>Memory as it is stored, decoded once: a preset at rest costs neither reading nor writing.</summary>
sealed class Memory(string incarnation, SteadyClock clock)
{
    /// <param name="Stored">The whole document: the store's own bytes as soon as it has shown them, so that a fleet is not kept twice.</param>
    /// <param name="Body">SHA-256 of the memory's part of it.</param>
    /// <param name="History">Decoded.</param>
    sealed record Entry(ReadOnlyMemory<byte> Stored, byte[] Body, History History);

    /// <summary>A moment is told a little differently each time: one that is as good as known changes nothing.</summary>
    static readonly TimeSpan LossMargin = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<string, Entry> _known = new(StringComparer.Ordinal);

    readonly DateTimeOffset _start = clock.Now;

    /// <summary>
    /// What is remembered of the preset; without stored state, a memory that begins with this process (G3). State that we had stored and that is gone
    /// means a store that forgets: then it begins now.
    /// </summary>
    /// <exception cref="InvalidDataException">What is stored can't be read.</exception>
    public History Load(PresetLease lease)
    {
        if (lease.State is not { } state)
        {
            return SinceLoss(new History(_known.TryRemove(lease.Preset, out _) ? clock.Now : _start), lease);
        }

        if (_known.TryGetValue(lease.Preset, out Entry? entry) && state.Content.Span.SequenceEqual(entry.Stored.Span))
        {
            if (!entry.Stored.Equals(state.Content)) _known[lease.Preset] = entry with { Stored = state.Content };
            return SinceLoss(entry.History, lease);
        }

        History history = HistoryCodec.Decode(state.Content.Span, state.Age, incarnation, clock.Now);
        _known[lease.Preset] = new Entry(state.Content, SHA256.HashData(HistoryCodec.EncodeBody(history)), history);
        return SinceLoss(history, lease);
    }

    /// <summary>What this process knew last of the preset; null = nothing.</summary>
    public History? Recall(string preset) => _known.GetValueOrDefault(preset)?.History;

    /// <summary>A store that failed over may have lost intents: creates wait as if the memory had begun then.</summary>
    History SinceLoss(History history, PresetLease lease) =>
        lease.SinceLoss is { } loss && clock.Now - loss > history.BornAt + LossMargin ? history with { BornAt = clock.Now - loss } : history;

    /// <summary>The document to store; null = what is stored says the same.</summary>
    public ReadOnlyMemory<byte>? Encode(string preset, History history)
    {
        if (_known.TryGetValue(preset, out Entry? entry) && ReferenceEquals(entry.History, history)) return null;

        byte[] body = HistoryCodec.EncodeBody(history);
        if (entry is not null && SHA256.HashData(body).AsSpan().SequenceEqual(entry.Body)) return null;
        return Keep(preset, body, history);
    }

    /// <summary>The document to store, whatever is stored.</summary>
    public ReadOnlyMemory<byte> Document(string preset, History history) => Keep(preset, HistoryCodec.EncodeBody(history), history);

    ReadOnlyMemory<byte> Keep(string preset, byte[] body, History history)
    {
        byte[] document = HistoryCodec.Encode(body, incarnation, clock.Now);
        _known[preset] = new Entry(document, SHA256.HashData(body), history);
        return document;
    }

    public void Forget(string preset) => _known.TryRemove(preset, out _);
}
