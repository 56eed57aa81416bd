using System.Buffers;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace VmShepherd.Drivers.Programs;

/// <summary>One message a line, and no line longer than a message may be.</summary>
sealed class LineMessages(Stream to, Stream from, int maxMessage) : MessageHandlerBase(new SystemTextJsonFormatter { JsonSerializerOptions = Wire.Options() })
{
    const int Chunk = 64 * 1024;

    readonly byte[] _chunk = new byte[Chunk];
    readonly ArrayBufferWriter<byte> _line = new(), _outgoing = new();
    int _begin, _end;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>A line that was begun is written to its end, whoever gives up meanwhile: half a line would spoil the next one.</summary>
    protected override async ValueTask WriteCoreAsync(JsonRpcMessage content, CancellationToken cancellationToken)
    {
        _outgoing.ResetWrittenCount();
        Formatter.Serialize(_outgoing, content);
        _outgoing.Write("\n"u8);
        await to.WriteAsync(_outgoing.WrittenMemory, DisposalToken).ConfigureAwait(false);
    }

    /// <summary>A pipe keeps nothing back.</summary>
    protected override ValueTask FlushAsync(CancellationToken cancellationToken) => default;

    /// <exception cref="InvalidDataException">What it wrote; "it wrote" goes before that.</exception>
    protected override async ValueTask<JsonRpcMessage?> ReadCoreAsync(CancellationToken cancellationToken)
    {
        if (await LineAsync(DisposalToken).ConfigureAwait(false) is not { } line) return null;
        JsonRpcMessage message;
        try
        {
            message = Formatter.Deserialize(new ReadOnlySequence<byte>(line));
        }
        catch (Exception wrong)
        {
            throw new InvalidDataException($"what is no JSON-RPC message ({Shortened(wrong.Message)})", wrong);
        }
        return message is JsonRpcRequest call ? throw new InvalidDataException($"a call of '{Shortened(call.Method)}', where only answers are expected") : message;
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
