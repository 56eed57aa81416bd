using System.Buffers;
using System.Text;
using System.Text.Json;

namespace VmShepherd.Server.Api.JsonRpc;

/// <summary>What one call is answered with.</summary>
/// <param name="Id">As JSON.</param>
/// <param name="Result">As JSON; empty = an error.</param>
/// <param name="Code">Of the error.</param>
/// <param name="Message">Of the error.</param>
readonly record struct RpcAnswer(string Id, ReadOnlyMemory<byte> Result, int Code, string Message)
{
    static ReadOnlySpan<byte> BeforeResult => "{\"jsonrpc\":\"2.0\",\"result\":"u8;
    static ReadOnlySpan<byte> BeforeId => ",\"id\":"u8;

    /// <summary>In bytes; <see langword="null"/> = not known before it is written. Known, it spares a large answer the chunks.</summary>
    public long? Length => Result.IsEmpty ? null : BeforeResult.Length + Result.Length + BeforeId.Length + Encoding.UTF8.GetByteCount(Id) + 1;

    public static RpcAnswer Of(string? id, ReadOnlyMemory<byte> result) => new(id ?? "null", result, 0, "");

    public static RpcAnswer Error(string? id, int code, string message) => new(id ?? "null", default, code, message);

    /// <summary>The result is written as the bytes it was rendered to once, not read and written again.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        if (Result.IsEmpty)
        {
            output.Write("{\"jsonrpc\":\"2.0\",\"error\":"u8);
            using (var json = new Utf8JsonWriter(output, JsonValues.Readable))
            {
                json.WriteStartObject();
                json.WriteNumber("code", Code);
                json.WriteString("message", Message);
                json.WriteEndObject();
            }
        }
        else
        {
            output.Write(BeforeResult);
            output.Write(Result.Span);
        }

        output.Write(BeforeId);
        Encoding.UTF8.GetBytes(Id, output);
        output.Write("}"u8);
    }
}
