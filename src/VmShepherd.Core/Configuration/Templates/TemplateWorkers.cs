using VmShepherd.Core.Status;

namespace VmShepherd.Core.Configuration.Templates;

/// <summary>How a rendering ended.</summary>
enum RenderResult
{
    Ok,

    /// <summary>Answered from memory.</summary>
    Cached,

    /// <summary>The template is wrong: the same template with the same values will be again.</summary>
    TemplateError,

    /// <summary>It took more time or memory than a template may have.</summary>
    OverLimit,

    /// <summary>Other templates kept every worker busy, or other processes the machine.</summary>
    Busy,

    /// <summary>There is no Python, or no Jinja2.</summary>
    Unavailable,
}

/// <param name="Result">How it ended.</param>
/// <param name="Text">What came out; <see langword="null"/> = a <paramref name="Problem"/>.</param>
/// <param name="Problem">For the operator.</param>
/// <param name="Line">Of the template.</param>
sealed record Rendering(RenderResult Result, string? Text, string? Problem, int? Line = null);

/// <summary>The few workers, each started when one is needed. Whoever takes one has it for <see cref="Deadline"/> at most.</summary>
sealed class TemplateWorkers(string python, TimeProvider time, TemplateMetrics metrics) : IAsyncDisposable
{
    internal const int Most = 2;
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    /// <summary>For a free worker: one that hangs is ended in the meantime, and its successor has started.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    /// <summary>Whoever got less than this of the CPU in all that time was not slow: the machine was.</summary>
    static readonly TimeSpan Starved = TimeSpan.FromSeconds(0.25);

    /// <summary>Where Python or Jinja2 is missing, it is looked for again after this.</summary>
    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    readonly SemaphoreSlim _turns = new(Most, Most);

    /// <summary>One more, for templates that have been rendered before: who commits many slow ones keeps nobody from replacing machines.</summary>
    readonly SemaphoreSlim _reserved = new(1, 1);
    readonly Lock _lock = new();
    readonly HashSet<TemplateWorker> _busy = [];
    readonly Stack<TemplateWorker> _idle = [];
    (string Problem, long At)? _unavailable;
    long _restarts;
    bool _disposed;

    /// <summary>As <c>/readyz?verbose</c> prints it.</summary>
    internal string Health
    {
        get
        {
            lock (_lock)
            {
                if (_unavailable is { } trouble) return trouble.Problem;
                int workers = _busy.Count + _idle.Count;
                return workers == 0 && _restarts == 0 ? "ok (none needed so far)" : $"ok ({Counted(workers, "worker")}, {Counted(_restarts, "restart")})";
            }
        }
    }

    static string Counted(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    /// <param name="request">As the worker reads it.</param>
    /// <param name="isProven">The template has been rendered before, perhaps with other values.</param>
    internal async Task<Rendering> RenderAsync(ReadOnlyMemory<byte> request, bool isProven)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        SemaphoreSlim turns = isProven && _turns.CurrentCount == 0 ? _reserved : _turns;
        try
        {
            await turns.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return new Rendering(RenderResult.Busy, null, $"other templates kept all {Most} workers busy for {Patience.TotalSeconds} s: it is tried again in the next cycle");
        }

        try
        {
            // A worker may die of the template, or of the machine's lack of memory: the second death tells.
            return await AskAsync(request) ?? await AskAsync(request) ?? new Rendering(RenderResult.OverLimit, null, "two workers died of it: too much CPU time, or a fault of Python");
        }
        catch (TemplatesUnavailableException e)
        {
            return new Rendering(RenderResult.Unavailable, null, e.Message);
        }
        finally
        {
            turns.Release();
        }
    }

    /// <returns><see langword="null"/> = disposed.</returns>
    async Task<TemplateWorker?> TakeAsync()
    {
        lock (_lock)
        {
            if (_disposed) return null;
            if (_unavailable is { } trouble && time.GetElapsedTime(trouble.At) < LookAgain) throw new TemplatesUnavailableException(trouble.Problem);
            while (_idle.TryPop(out TemplateWorker? idle))
            {
                if (idle.IsAlive)
                {
                    _busy.Add(idle);
                    return idle;
                }

                Ended(idle);
            }
        }

        try
        {
            TemplateWorker started = await TemplateWorker.StartAsync(python, StartPatience, time);
            lock (_lock)
            {
                _unavailable = null;
                if (!_disposed)
                {
                    _busy.Add(started);
                    return started;
                }
            }

            started.Dispose();
            return null;
        }
        catch (TemplatesUnavailableException e)
        {
            lock (_lock) _unavailable = (e.Message, time.GetTimestamp());
            throw;
        }
    }

    /// <returns><see langword="null"/> = the worker died.</returns>
    async Task<Rendering?> AskAsync(ReadOnlyMemory<byte> request)
    {
        if (await TakeAsync() is not { } worker) return new Rendering(RenderResult.Unavailable, null, "the process is stopping");

        WorkerAnswer? answer = null;
        TimeSpan before = worker.CpuTime;
        Task<WorkerAnswer> asked = worker.AskAsync(request);
        try
        {
            answer = await asked.WaitAsync(Deadline, time);
            return answer.Text is not null ? new Rendering(RenderResult.Ok, answer.Text, null)
                : new Rendering(answer.Kind == "memory" ? RenderResult.OverLimit : RenderResult.TemplateError, null, answer.Problem ?? "the worker says nothing", answer.Line);
        }
        catch (TimeoutException)
        {
            // Ending it ends the call, which nobody waits for any more.
            _ = asked.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return worker.CpuTime - before < Starved
                ? new Rendering(RenderResult.Busy, null, $"this machine is too busy to render it within {Deadline.TotalSeconds} s: it is tried again in the next cycle")
                : new Rendering(RenderResult.OverLimit, null, $"takes longer than {Deadline.TotalSeconds} s");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            GiveBack(worker, isGood: answer is { Spent: false });
        }
    }

    void GiveBack(TemplateWorker worker, bool isGood)
    {
        lock (_lock)
        {
            _busy.Remove(worker);
            if (isGood && !_disposed) _idle.Push(worker);
            else Ended(worker);
        }
    }

    void Ended(TemplateWorker worker)
    {
        _restarts++;
        metrics.Ended();
        worker.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (TemplateWorker worker in _idle.Concat(_busy)) worker.Dispose();
            _idle.Clear();
        }

        return ValueTask.CompletedTask;
    }
}
