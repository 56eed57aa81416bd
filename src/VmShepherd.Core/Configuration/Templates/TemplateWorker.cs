using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VmShepherd.Core.Configuration.Templates;

/// <summary>What a worker answered.</summary>
/// <param name="Text">The result; <see langword="null"/> = there is a problem.</param>
/// <param name="Problem">In Jinja2's words.</param>
/// <param name="Line">Of the template.</param>
/// <param name="Kind">template or memory.</param>
/// <param name="Spent">The worker ends behind this answer.</param>
/// <param name="Ready">Of the first answer: Jinja2's version.</param>
sealed record WorkerAnswer(string? Text, string? Problem, int? Line, string? Kind, bool Spent, string? Ready);

/// <summary>One process that renders templates (worker.py). It ends when its input does: with its parent, however that ends.</summary>
sealed class TemplateWorker : IDisposable
{
    /// <summary>Longer than any result in JSON.</summary>
    const int MaxAnswer = 512 * 1024;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    static readonly string Script = ReadScript();

    readonly Process _process;
    readonly Stream _to, _from;

    TemplateWorker(Process process)
    {
        _process = process;
        _to = process.StandardInput.BaseStream;
        _from = process.StandardOutput.BaseStream;
    }

    /// <summary>One that waits may be ended by somebody else: that is no template's fault.</summary>
    internal bool IsAlive => !_process.HasExited;

    /// <exception cref="TemplatesUnavailableException">It can't be had, and what to do.</exception>
    internal static async Task<TemplateWorker> StartAsync(string python, TimeSpan patience, TimeProvider time)
    {
        // Isolated from the environment, from the user's packages and from hooks; the script adds Debian's packages itself.
        var start = new ProcessStartInfo(python, ["-I", "-S", "-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        start.Environment.Clear();
        TemplateWorker worker;
        try
        {
            worker = new TemplateWorker(Process.Start(start)!);
        }
        catch (ExternalException e)
        {
            throw new TemplatesUnavailableException($"templates need {python} and Jinja2: `apt install python3-jinja2` ({e.Message})", e);
        }

        try
        {
            WorkerAnswer first = await worker.ReadAsync().WaitAsync(patience, time);
            if (first.Ready is not null) return worker;
            throw new TemplatesUnavailableException(first.Problem == "missing" ? "templates need Jinja2, which is not installed: `apt install python3-jinja2`" : $"templates can't be rendered: their worker {first.Problem}");
        }
        catch (Exception e) when (e is not TemplatesUnavailableException)
        {
            worker.Dispose();
            throw new TemplatesUnavailableException($"templates can't be rendered: {python} did not start as it should ({e.Message})", e);
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <summary>Spent in all; zero when it has ended.</summary>
    internal TimeSpan CpuTime
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or ExternalException)
            {
                return TimeSpan.Zero;
            }
        }
    }

    /// <exception cref="IOException">It died.</exception>
    internal async Task<WorkerAnswer> AskAsync(ReadOnlyMemory<byte> request)
    {
        byte[] head = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(head, request.Length);
        await _to.WriteAsync(head);
        await _to.WriteAsync(request);
        await _to.FlushAsync();
        return await ReadAsync();
    }

    async Task<WorkerAnswer> ReadAsync()
    {
        byte[] head = new byte[4];
        await _from.ReadExactlyAsync(head);
        int length = BinaryPrimitives.ReadInt32BigEndian(head);
        if (length is < 0 or > MaxAnswer) throw new IOException($"an answer of {length} bytes");
        byte[] body = new byte[length];
        await _from.ReadExactlyAsync(body);
        try
        {
            return JsonSerializer.Deserialize<WorkerAnswer>(body, Json) ?? throw new IOException("no answer");
        }
        catch (JsonException e)
        {
            throw new IOException("an answer that is no JSON", e);
        }
    }

    /// <summary>At once, whatever it does.</summary>
    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or ExternalException or AggregateException)
        {
            // It is gone already; or we may not end it, and it ends by the end of its input and its limit of CPU time.
        }

        // A process does not close streams that were asked for.
        _to.Dispose();
        _from.Dispose();
        _process.Dispose();
    }

    static string ReadScript()
    {
        using Stream source = typeof(TemplateWorker).Assembly.GetManifestResourceStream("VmShepherd.Core.worker.py")!;
        using var reader = new StreamReader(source);
        return reader.ReadToEnd();
    }
}

/// <summary>No template can be rendered at all; the message says what to do.</summary>
sealed class TemplatesUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
