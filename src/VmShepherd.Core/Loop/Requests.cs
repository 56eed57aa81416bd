using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>What people ask for, on its way to whoever manages the preset: left in the store, and answered there by the cycle that sees it.</summary>
public sealed class Requests
{
    readonly string _instance;
    readonly IRuntimeDriver _runtime;
    readonly StatusBoard _board;
    readonly Nudge _nudge;
    readonly SteadyClock _clock;

    internal Requests(string instance, IRuntimeDriver runtime, StatusBoard board, Nudge nudge, SteadyClock clock) =>
        (_instance, _runtime, _board, _nudge, _clock) = (instance, runtime, board, nudge, clock);

    /// <summary>Leaves a request for whoever holds the preset, and wakes the loop.</summary>
    public async Task LeaveAsync(string preset, Request request, CancellationToken cancellationToken)
    {
        await _runtime.RequestAsync(preset, Encoding.UTF8.GetString(HistoryCodec.EncodeRequest(request)), cancellationToken);
        _nudge.Now();
    }

    /// <summary>What became of a request; null = nothing yet.</summary>
    public async Task<Answer?> FindAnswerAsync(string preset, string requestId, CancellationToken cancellationToken)
    {
        // A cycle that failed as a whole has stored nothing: what it had to say stands in its report.
        if (_board.Find(preset)?.Answers.FirstOrDefault(answer => answer.Request == requestId) is { } reported) return reported;

        IReadOnlyDictionary<string, VersionedDocument> stored = await _runtime.ReadAsync([preset], cancellationToken);
        if (!stored.TryGetValue(preset, out VersionedDocument? document)) return null;
        try
        {
            return Array.Find(HistoryCodec.Decode(document.Content.Span, document.Age, _instance, _clock.Now).Answers, answer => answer.Request == requestId);
        }
        catch (InvalidDataException e)
        {
            return new Answer(requestId, false, e.Message);
        }
    }
}
