using System.Runtime.InteropServices;
using System.Security.Cryptography;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Configuration.Templates;

/// <summary>Renders a template with values, once: the same text with the same values is answered from memory, also when it was refused.</summary>
sealed class TemplateEngine : IAsyncDisposable
{
    const int MaxResults = 10_000;
    const int MaxLetters = 16 * 1024 * 1024;

    /// <summary>More than can ever be rendered in time.</summary>
    const int MaxWaiting = 1000;

    /// <summary>A template that hit a limit is not tried again before: it would keep a worker from the others in each cycle.</summary>
    internal static readonly TimeSpan RefusedFor = TimeSpan.FromMinutes(10);

    readonly TimeProvider _time;
    readonly TemplateMetrics _metrics = new();
    readonly TemplateWorkers _workers;
    readonly Lock _lock = new();
    readonly Dictionary<string, Task<Rendering>> _running = new(StringComparer.Ordinal);
    readonly Dictionary<string, LinkedListNode<Known>> _known = new(StringComparer.Ordinal);
    readonly LinkedList<Known> _byUse = [];

    /// <summary>Hashes of templates that have been rendered, whatever the values were.</summary>
    readonly HashSet<string> _proven = new(StringComparer.Ordinal);
    int _letters;

    sealed record Known(string Key, Rendering Rendering, long At)
    {
        internal int Letters => Rendering.Text?.Length ?? 0;
    }

    internal TemplateEngine(TimeProvider time, string python)
    {
        _time = time;
        _workers = new TemplateWorkers(python, time, _metrics);
    }

    internal string Health => _workers.Health;

    /// <summary>Ends within the deadlines of <see cref="TemplateWorkers"/>; <paramref name="cancellationToken"/> ends only this wait for it.</summary>
    internal async Task<Rendering> RenderAsync(string template, IReadOnlyDictionary<string, object?> values, int mostBytes, CancellationToken cancellationToken)
    {
        Rendering rendering = await FindOrRenderAsync(template, values, mostBytes).WaitAsync(cancellationToken);
        _metrics.Rendered(rendering.Result);
        return rendering;
    }

    Task<Rendering> FindOrRenderAsync(string template, IReadOnlyDictionary<string, object?> values, int mostBytes)
    {
        if (WireValues.Request(template, values, mostBytes) is not { } request)
            return Task.FromResult(new Rendering(RenderResult.TemplateError, null, $"the preset's values are larger than {WireValues.MaxBytes} bytes, aliases written out"));
        string key = Convert.ToHexStringLower(SHA256.HashData(request.Span));
        lock (_lock)
        {
            if (Recall(key) is { } known) return Task.FromResult(known);
            if (_running.TryGetValue(key, out Task<Rendering>? running)) return running;
            if (_running.Count >= MaxWaiting) return Task.FromResult(new Rendering(RenderResult.Busy, null, $"{MaxWaiting} templates wait already: it is tried again in the next cycle"));
            string text = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(template.AsSpan())));
            return _running[key] = RenderAsync(key, text, request, _proven.Contains(text));
        }
    }

    async Task<Rendering> RenderAsync(string key, string text, ReadOnlyMemory<byte> request, bool isProven)
    {
        await Task.Yield(); // starting a process takes its time, and the lock is held here
        Rendering? rendering = null;
        try
        {
            rendering = await _workers.RenderAsync(request, isProven);
            return rendering;
        }
        finally
        {
            lock (_lock)
            {
                _running.Remove(key);
                if (rendering is { Result: RenderResult.Ok })
                {
                    if (_proven.Count == MaxResults) _proven.Clear();
                    _proven.Add(text);
                }

                if (rendering is { Result: RenderResult.Ok or RenderResult.TemplateError or RenderResult.OverLimit }) Remember(new Known(key, rendering, _time.GetTimestamp()));
            }
        }
    }

    Rendering? Recall(string key)
    {
        if (!_known.TryGetValue(key, out LinkedListNode<Known>? node)) return null;
        _byUse.Remove(node);
        if (node.Value.Rendering.Result == RenderResult.OverLimit && _time.GetElapsedTime(node.Value.At) >= RefusedFor)
        {
            Forget(node);
            return null;
        }

        _byUse.AddFirst(node);
        return node.Value.Rendering with { Result = RenderResult.Cached };
    }

    void Remember(Known known)
    {
        if (_known.ContainsKey(known.Key)) return;
        _known.Add(known.Key, _byUse.AddFirst(known));
        _letters += known.Letters;
        while (_known.Count > MaxResults || _letters > MaxLetters)
        {
            LinkedListNode<Known> oldest = _byUse.Last!;
            _byUse.RemoveLast();
            Forget(oldest);
        }
    }

    void Forget(LinkedListNode<Known> node)
    {
        _known.Remove(node.Value.Key);
        _letters -= node.Value.Letters;
    }

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _metrics.Dispose();
    }
}
