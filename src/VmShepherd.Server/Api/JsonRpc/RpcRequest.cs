using System.Text.Json;

namespace VmShepherd.Server.Api.JsonRpc;

/// <summary>One call as it came in, read as JSON-RPC and not yet as a call of one of our methods.</summary>
sealed record RpcRequest
{
    /// <summary>As JSON, to be sent back as it came; <see langword="null"/> = a notification.</summary>
    public string? Id { get; init; }
    public string Method { get; init; } = "";

    /// <summary>An array, an object, or nothing.</summary>
    public JsonElement Parameters { get; init; }

    /// <summary>Why it is no valid request; <see langword="null"/> = it is one.</summary>
    public string? Problem { get; init; }

    public bool IsNotification => Id is null && Problem is null;

    public static RpcRequest Read(JsonElement element)
    {
        try
        {
            return ReadMembers(element);
        }
        catch (InvalidOperationException)
        {
            // A name that is half a character (an escaped surrogate) can't be compared with anything.
            return new() { Problem = "a member's name is no text" };
        }
    }

    static RpcRequest ReadMembers(JsonElement element)
    {
        if (element.ValueKind is not JsonValueKind.Object) return new() { Problem = "a request is a JSON object" };

        string? id = null;
        if (element.TryGetProperty("id", out JsonElement idElement))
        {
            if (idElement.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Null))
                return new() { Problem = "'id' must be a string, a number or null" };
            id = idElement.GetRawText();
        }

        // The version may be missing: clients of JSON-RPC 1.0 send none.
        if (element.TryGetProperty("jsonrpc", out JsonElement version) && version.AsText() != "2.0")
            return new() { Id = id, Problem = "'jsonrpc' must be \"2.0\"" };
        if (!element.TryGetProperty("method", out JsonElement method) || method.AsText() is not { } name)
            return new() { Id = id, Problem = "'method' must be a string" };

        element.TryGetProperty("params", out JsonElement parameters);
        return parameters.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Array or JsonValueKind.Object
            ? new() { Id = id, Method = name, Parameters = parameters }
            : new() { Id = id, Problem = "'params' must be an array or an object" };
    }
}

static class JsonText
{
    /// <summary>The text of a string; <see langword="null"/> for everything else, also for escapes that name half a character.</summary>
    public static string? AsText(this JsonElement element)
    {
        if (element.ValueKind is not JsonValueKind.String) return null;
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
