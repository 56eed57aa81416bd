using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>
/// What a service says of a failure, in one line: each has its own shape, and a proxy in front of it answers HTML. What it may repeat of the user data, or of
/// the login, is taken out first: nova quotes a value that it does not like, whole.
/// </summary>
static partial class ErrorText
{
    const int Longest = 500;

    public static string Of(ApiAnswer answer, string? secret)
    {
        ReadOnlySpan<byte> bytes = answer.Body.Span;
        string? told = FromJson(answer.Body);
        string text = told ?? System.Text.Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 64 * 1024)]);

        // As it is, and as it was sent.
        if (secret is { Length: > 0 }) text = text.Replace(secret, "***", StringComparison.Ordinal).Replace(JsonEncodedText.Encode(secret).ToString(), "***", StringComparison.Ordinal);
        if (told is null) text = Invisible().Replace(text, " ");
        text = Space().Replace(Encoded().Replace(Tag().Replace(text, " "), "***"), " ").Trim();
        return text.Length <= Longest ? text : text[..Longest] + "...";
    }

    /// <summary>Whether nova itself says 404: a proxy that has lost its way does so, too, in other words.</summary>
    public static bool IsNotFoundOfNova(ApiAnswer answer)
    {
        if (answer.Status != HttpStatusCode.NotFound) return false;
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer.Body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("itemNotFound", out _);
        }
        catch (JsonException)
        {
            // It is no JSON, so it is not nova's.
            return false;
        }
    }

    static string? FromJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return Message(document.RootElement, 0);
        }
        catch (JsonException)
        {
            // It is something else, and read as text.
            return null;
        }
    }

    /// <summary>nova: {kind: {message}}; glance: {message}; neutron: {NeutronError: {message}}; keystone: {error: {message}}; placement: {errors: [{detail}]}.</summary>
    static string? Message(JsonElement element, int depth) => element.ValueKind switch
    {
        JsonValueKind.String when depth > 0 => element.GetString(),
        JsonValueKind.Array when depth < 3 && element.GetArrayLength() > 0 => Message(element[0], depth + 1),
        JsonValueKind.Object when depth < 3 => element.TryGetProperty("message", out JsonElement message) && message.ValueKind == JsonValueKind.String ? message.GetString()
            : element.TryGetProperty("detail", out JsonElement detail) && detail.ValueKind == JsonValueKind.String ? detail.GetString()
            : element.EnumerateObject().Select(property => Message(property.Value, depth + 1)).FirstOrDefault(text => text is not null),
        _ => null,
    };

    // Nothing that people read is so long and without a space; base64 is.
    [GeneratedRegex("[A-Za-z0-9+/=_-]{60,}")]
    private static partial Regex Encoded();

    [GeneratedRegex("<(script|style|head)[^>]*>.*?</\\1>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Invisible();

    [GeneratedRegex("<[^>]{1,200}>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"[\s\p{C}]+")]
    private static partial Regex Space();
}
