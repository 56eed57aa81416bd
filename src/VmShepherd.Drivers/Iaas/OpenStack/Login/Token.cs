using System.Globalization;
using System.Text.Json;

namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>One login's result: what to show the services, for how long, for which project, and where the services are.</summary>
sealed class Token
{
    // Renewed so long before the end; of short tokens a fifth before it.
    static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    readonly long _taken;
    readonly TimeSpan _lifetime;

    Token(string value, long taken, TimeSpan lifetime, string? projectId, string? projectName, IReadOnlyList<CatalogEndpoint> endpoints) =>
        (Value, _taken, _lifetime, ProjectId, ProjectName, Endpoints) = (value, taken, lifetime, projectId, projectName, endpoints);

    /// <summary>The secret itself.</summary>
    public string Value { get; }
    public string? ProjectId { get; }
    public string? ProjectName { get; }
    public IReadOnlyList<CatalogEndpoint> Endpoints { get; }

    /// <summary>By our own monotonic clock, from when the login was sent: what keystone's or our wall clock says does not matter.</summary>
    public bool IsFresh(TimeProvider time) => time.GetElapsedTime(_taken) < _lifetime - (Ahead < _lifetime / 5 ? Ahead : _lifetime / 5);

    public bool IsExpired(TimeProvider time) => time.GetElapsedTime(_taken) >= _lifetime;

    public override string ToString() => $"token for project {ProjectId}";

    /// <exception cref="JsonException">It is not keystone's answer to a login.</exception>
    public static Token Read(string value, ReadOnlyMemory<byte> body, long taken)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        try
        {
            JsonElement token = document.RootElement.GetProperty("token");
            DateTimeOffset expires = Time(token, "expires_at");
            DateTimeOffset issued = token.TryGetProperty("issued_at", out _) ? Time(token, "issued_at") : expires - TimeSpan.FromMinutes(1);
            JsonElement project = token.TryGetProperty("project", out JsonElement given) ? given : default;
            return new Token(value, taken, expires - issued, Text(project, "id"), Text(project, "name"), [.. Catalog(token)]);
        }
        catch (Exception unlike) when (unlike is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JsonException("it is not keystone's answer to a login", unlike);
        }
    }

    static DateTimeOffset Time(JsonElement token, string key) => DateTimeOffset.Parse(token.GetProperty(key).GetString() ?? "", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    static IEnumerable<CatalogEndpoint> Catalog(JsonElement token)
    {
        if (!token.TryGetProperty("catalog", out JsonElement catalog)) yield break;
        foreach (JsonElement service in catalog.EnumerateArray())
        {
            if (Text(service, "type") is not { } type || !service.TryGetProperty("endpoints", out JsonElement endpoints)) continue;
            foreach (JsonElement endpoint in endpoints.EnumerateArray())
            {
                if (Text(endpoint, "url") is { } url && Text(endpoint, "interface") is { } side)
                    yield return new CatalogEndpoint(type, side, Text(endpoint, "region") ?? Text(endpoint, "region_id") ?? "", url);
            }
        }
    }

    static string? Text(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>One line of the catalog.</summary>
sealed record CatalogEndpoint(string Type, string Interface, string Region, string Url);
