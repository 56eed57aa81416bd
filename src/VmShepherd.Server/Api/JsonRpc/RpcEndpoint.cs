using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Unicode;
using VmShepherd.Server.Access;

namespace VmShepherd.Server.Api.JsonRpc;

/// <summary><c>POST /api</c>: JSON-RPC 2.0 over HTTP, one call or a batch.</summary>
sealed class RpcEndpoint(RpcDispatcher dispatcher)
{
    /// <summary>Bytes of one call or batch.</summary>
    internal const int MaxBody = 1024 * 1024;

    const int MaxBatch = 100;

    static readonly string[] JsonTypes = ["application/json", "application/json-rpc", "application/jsonrequest"];

    public async Task HandleAsync(HttpContext context)
    {
        // Only what a browser does not send on its own: so no foreign page can post here without asking first.
        if (!IsJson(context.Request.ContentType))
        {
            await PlainText.AnswerAsync(context, StatusCodes.Status415UnsupportedMediaType, "send Content-Type: application/json, in UTF-8");
            return;
        }

        if (await ReadBodyAsync(context.Request, context.RequestAborted) is not { } body)
        {
            await PlainText.AnswerAsync(context, StatusCodes.Status413PayloadTooLarge, $"a body has at most {MaxBody} bytes");
            return;
        }

        using JsonDocument? document = Parse(body);
        if (document is null)
            await AnswerAsync(context, RpcAnswer.Error(null, RpcCode.ParseError, "Parse error: the body is not valid JSON in UTF-8"));
        else if (document.RootElement.ValueKind is JsonValueKind.Array)
            await AnswerBatchAsync(context, document.RootElement);
        else
            await AnswerAsync(context, await dispatcher.AnswerAsync(document.RootElement, Caller.Of(context), context.RequestAborted));

        // Not before: the document is read in place.
        context.Request.BodyReader.AdvanceTo(body.End);
    }

    async Task AnswerBatchAsync(HttpContext context, JsonElement batch)
    {
        if (batch.GetArrayLength() is 0 or > MaxBatch)
        {
            string problem = $"Invalid request: a batch holds 1 to {MaxBatch} calls";
            await AnswerAsync(context, RpcAnswer.Error(null, RpcCode.InvalidRequest, problem));
            return;
        }

        // Side by side: calls that wait for the loop wait together.
        Caller caller = Caller.Of(context);
        RpcAnswer?[] answers = await Task.WhenAll(
            batch.EnumerateArray().Select(element => dispatcher.AnswerAsync(element, caller, context.RequestAborted).AsTask()).ToArray());

        StartJson(context.Response);
        PipeWriter output = context.Response.BodyWriter;
        output.Write("["u8);
        bool isFirst = true;
        foreach (RpcAnswer? answer in answers)
        {
            if (answer is null) continue;
            if (!isFirst) output.Write(","u8);
            isFirst = false;
            answer.Value.WriteTo(output);
            // Large answers leave before the next is written: a batch never stands in memory as a whole.
            await output.FlushAsync(context.RequestAborted);
        }

        output.Write("]"u8);
        await output.FlushAsync(context.RequestAborted);
    }

    static async Task AnswerAsync(HttpContext context, RpcAnswer? answer)
    {
        if (answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        StartJson(context.Response);
        context.Response.ContentLength = answer.Value.Length;
        answer.Value.WriteTo(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>All of it; null = too large, and what has come is dropped.</summary>
    static async ValueTask<ReadOnlySequence<byte>?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MaxBody) return null;
        PipeReader body = request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            if (read.Buffer.Length > MaxBody)
            {
                body.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted) return read.Buffer;
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    static JsonDocument? Parse(ReadOnlySequence<byte> body)
    {
        ReadOnlyMemory<byte> bytes = body.IsSingleSegment ? body.First : body.ToArray();
        if (bytes.Span.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        if (!Utf8.IsValid(bytes.Span)) return null;
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static void StartJson(HttpResponse response)
    {
        response.ContentType = "application/json";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && (JsonTypes.Contains(type.MediaType, StringComparer.OrdinalIgnoreCase)
            || type.MediaType!.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
