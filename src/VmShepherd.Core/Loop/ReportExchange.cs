using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>
/// Through a store that keeps reports, each instance tells the others what it has found out, and shows what they have. Only what is new is told: a preset at rest costs nothing.
/// Nothing is decided by it.
/// </summary>
sealed class ReportExchange(string instance, IReportStore store, StatusBoard board, Action<string> managedElsewhere, SteadyClock clock, ILogger log)
{
    const int Batch = 100, Page = 500;

    /// <summary>For one call.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Not told yet: the latest of each preset.</summary>
    readonly ConcurrentDictionary<string, CycleReport> _untold = new(StringComparer.Ordinal);

    /// <summary>Of what was told last, by preset.</summary>
    readonly Dictionary<string, byte[]> _told = new(StringComparer.Ordinal);

    /// <summary>The latest of other instances, also of presets that are not in force here yet.</summary>
    readonly ConcurrentDictionary<string, CycleReport> _theirs = new(StringComparer.Ordinal);

    string? _position;
    Task _running = Task.CompletedTask;

    /// <summary>A report of this instance, to be told with the next exchange.</summary>
    public void Tell(CycleReport report) => _untold[report.Preset] = report;

    /// <summary>Shows what others have said of presets that have just come into force here.</summary>
    public void Adopt(PresetCatalog catalog)
    {
        foreach ((string preset, CycleReport report) in _theirs)
        {
            if (catalog.Presets.ContainsKey(preset) && board.Find(preset) is null) board.Post(report);
        }

        foreach (ReleasedPreset released in catalog.Released) _theirs.TryRemove(released.Name, out _);
    }

    /// <summary>An exchange, unless one is under way. Nobody has to wait for it.</summary>
    public void Begin(PresetCatalog catalog)
    {
        if (_running.IsCompleted) _running = RunAsync(catalog);
    }

    /// <summary>Tells what is left to tell, if the store takes it soon.</summary>
    public async Task FinishAsync(PresetCatalog catalog)
    {
        await LastAsync().WaitAsync(Patience, clock.Time).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);

        async Task LastAsync()
        {
            await _running;
            await RunAsync(catalog);
        }
    }

    /// <summary>Tells, and listens. A store that fails is tried again next time.</summary>
    async Task RunAsync(PresetCatalog catalog)
    {
        await TryAsync(TellAsync);
        await TryAsync(() => ListenAsync(catalog));
    }

    async Task TryAsync(Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception e)
        {
            Log.ReportsNotExchanged(log, $"{e.GetType().Name}: {e.Message}");
        }
    }

    async Task TellAsync()
    {
        foreach (string[] presets in _untold.Keys.Chunk(Batch))
        {
            List<(CycleReport Report, byte[] News)> news = [];
            foreach (string preset in presets)
            {
                if (!_untold.TryGetValue(preset, out CycleReport? report)) continue;
                byte[] hash = SHA256.HashData(ReportCodec.EncodeNews(report));
                if (_told.TryGetValue(preset, out byte[]? told) && hash.AsSpan().SequenceEqual(told)) Told(report, told);
                else news.Add((report, hash));
            }

            if (news.Count == 0) continue;
            using var patience = new CancellationTokenSource(Patience, clock.Time);
            PresetReport[] reports = [.. news.Select(item => new PresetReport(item.Report.Preset, item.Report.Token, ReportCodec.Encode(item.Report, clock.Now)))];
            await store.KeepReportsAsync(reports, patience.Token).WaitAsync(patience.Token);
            foreach ((CycleReport report, byte[] hash) in news) Told(report, hash);
        }
    }

    /// <summary>Unless there is a newer one by now.</summary>
    void Told(CycleReport report, byte[] hash)
    {
        _untold.TryRemove(new KeyValuePair<string, CycleReport>(report.Preset, report));
        _told[report.Preset] = hash;
    }

    async Task ListenAsync(PresetCatalog catalog)
    {
        ReportPage page;
        do
        {
            using var patience = new CancellationTokenSource(Patience, clock.Time);
            page = await store.ReadReportsAsync(_position, Page, patience.Token).WaitAsync(patience.Token);
            if (page.IsAnew) TellAgain();
            foreach (PresetReport kept in page.Reports) Heard(kept, catalog);
            _position = page.Position;
        }
        while (page.Reports.Count == Page);
    }

    /// <summary>What the store had of us may be lost with a failover.</summary>
    void TellAgain()
    {
        foreach (string preset in _told.Keys)
        {
            if (board.Find(preset) is { } shown && shown.Instance == instance) _untold.TryAdd(preset, shown);
        }

        _told.Clear();
    }

    void Heard(PresetReport kept, PresetCatalog catalog)
    {
        if (ReportCodec.Decode(kept.Content.Span, kept.Age, clock.Now) is not { } report || report.Instance == instance) return;
        _theirs[report.Preset] = report;

        // What we found out under a newer token is the later one; but the store has this one: ours is told again.
        _told.Remove(report.Preset);
        if (board.Find(report.Preset) is { } shown && shown.Instance == instance && shown.Token > report.Token)
        {
            _untold.TryAdd(report.Preset, shown);
            return;
        }

        managedElsewhere(report.Preset);
        if (catalog.Presets.ContainsKey(report.Preset)) board.Post(report);
    }
}
