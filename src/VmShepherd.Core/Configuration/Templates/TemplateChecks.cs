using System.Runtime.CompilerServices;

namespace VmShepherd.Core.Configuration.Templates;

/// <summary>
/// Looks at templates before they are needed, in the background and one at a time: who wrote a mistake hears of it from the next report,
/// rather than in the night in which a machine has to be replaced.
/// </summary>
sealed class TemplateChecks(TimeProvider time, Func<Preset, CancellationToken, ValueTask<RenderedUserdata>> render) : IDisposable
{
    const int MaxWaiting = 10_000;

    /// <summary>Files that <c>file://</c> names change without the preset.</summary>
    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    readonly ConditionalWeakTable<Preset, Finding> _findings = [];
    readonly Queue<Preset> _waiting = [];
    readonly CancellationTokenSource _stop = new();
    bool _runs;

    sealed record Finding(string? Problem, long At)
    {
        internal bool IsAskedFor { get; set; }
    }

    /// <summary>What the last look found; <see langword="null"/> = nothing wrong, or not looked at yet.</summary>
    internal string? ProblemOf(Preset preset)
    {
        lock (_lock)
        {
            if (!_findings.TryGetValue(preset, out Finding? finding)) _findings.Add(preset, finding = new Finding(null, long.MinValue));
            bool isDue = finding.At == long.MinValue || time.GetElapsedTime(finding.At) >= LookAgain;
            if (isDue && !finding.IsAskedFor && _waiting.Count < MaxWaiting)
            {
                finding.IsAskedFor = true;
                _waiting.Enqueue(preset);
                if (!_runs) _ = RunAsync();
                _runs = true;
            }

            return finding.Problem;
        }
    }

    async Task RunAsync()
    {
        await Task.Yield(); // nobody waits for this
        while (Next() is { } preset)
        {
            string? problem;
            try
            {
                problem = (await render(preset, _stop.Token)).Problem;
            }
            catch (Exception e)
            {
                // The files of a preset are a driver's, which is anybody's code.
                problem = $"userdata: {e.Message}";
            }

            lock (_lock) _findings.AddOrUpdate(preset, new Finding(problem, time.GetTimestamp()));
        }
    }

    Preset? Next()
    {
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested && _waiting.TryDequeue(out Preset? preset)) return preset;
            _runs = false;
            return null;
        }
    }

    public void Dispose() => _stop.Cancel();
}
