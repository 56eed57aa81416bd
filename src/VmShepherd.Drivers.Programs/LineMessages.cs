using System.Buffers;
using System.Collections.Concurrent;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace VmShepherd.Drivers.Programs;

/// <summary>
/// One message a line, and no line longer than a message may be. A program answers what it was asked, each call once, and says nothing else:
/// anything more is a program out of order, and nobody listens to it any longer.
/// </summary>
sealed class LineMessages(Stream to, Stream from, int maxMessage) : MessageHandlerBase(new SystemTextJsonFormatter { JsonSerializerOptions = Wire.Options() })
{
    const int Chunk = 64 * 1024;

    readonly byte[] _chunk = new byte[Chunk];
    readonly ArrayBufferWriter<byte> _line = new(), _outgoing = new();
    readonly ConcurrentDictionary<RequestId, bool> _asked = new();
    int _begin, _end;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>What was wrong with what it wrote; <see langword="null"/> = nothing yet.</summary>
    public string? Complaint { get; private set; }

    protected override async ValueTask WriteCoreAsync(JsonRpcMessage content, CancellationToken cancellationToken)
    {
        if (content is JsonRpcRequest { IsResponseExpected: true } call) _asked.TryAdd(call.RequestId, true);
        _outgoing.ResetWrittenCount();
        Formatter.Serialize(_outgoing, content);
        _outgoing.Write("\n"u8);
        await to.WriteAsync(_outgoing.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A pipe keeps nothing back.</summary>
    protected override ValueTask FlushAsync(CancellationToken cancellationToken) => default;

    protected override async ValueTask<JsonRpcMessage?> ReadCoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await LineAsync(cancellationToken).ConfigureAwait(false) is not { } line) return null;
            JsonRpcMessage message = Formatter.Deserialize(new ReadOnlySequence<byte>(line));
            if (message is JsonRpcRequest request) throw new InvalidDataException($"a call of '{Shortened(request.Method)}', where only answers are expected");
            if (message is not IJsonRpcMessageWithId answer || !_asked.TryRemove(answer.RequestId, out _)) throw new InvalidDataException("an answer that nobody waits for");
            return message;
        }
        catch (Exception e) when (e is not (OperationCanceledException or IOException or ObjectDisposedException) || e is InvalidDataException)
        {
            Complaint ??= e is InvalidDataException ? $"it wrote {e.Message}" : $"it wrote what is no JSON-RPC message ({Shortened(e.Message)})";
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            to.Dispose();
            from.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>The next line, as bytes of its own; <see langword="null"/> = it closed its output.</summary>
    async ValueTask<byte[]?> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            int newline = _chunk.AsSpan(_begin, _end - _begin).IndexOf((byte)'\n');
            ReadOnlyMemory<byte> part = _chunk.AsMemory(_begin, newline < 0 ? _end - _begin : newline);
            if (_line.WrittenCount + part.Length > maxMessage) throw new InvalidDataException($"a message of more than {maxMessage / 1024 / 1024} MiB");
            if (newline >= 0)
            {
                _begin += newline + 1;
                return Whole(part.Span);
            }

            _line.Write(part.Span);
            _begin = 0;
            _end = await from.ReadAsync(_chunk, cancellationToken).ConfigureAwait(false);
            if (_end == 0) return null;
        }
    }

    byte[] Whole(ReadOnlySpan<byte> last)
    {
        if (_line.WrittenCount == 0) return last.ToArray();
        _line.Write(last);
        byte[] line = _line.WrittenSpan.ToArray();
        _line.Clear();
        return line;
    }

    static string Shortened(string? text) => OneLine(text ?? "", 100);

    /// <summary>What a program said, fit for one line of a log.</summary>
    public static string OneLine(string text, int most)
    {
        if (text.Length > most) text = text[..most] + "...";
        return string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
