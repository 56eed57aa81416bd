using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpenStack.Tests.Lab;

/// <summary>Who logs in, and where. Domains are all <c>Default</c>.</summary>
public sealed record Login(string AuthUrl, string User, string Password, string Project);

/// <summary>OpenStack's API with as little of our own between as can be: what the tests see and do behind the driver's back.</summary>
public sealed class CloudApi(Login login) : IDisposable
{
    readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    readonly SemaphoreSlim _entry = new(1, 1);
    Session? _session;

    sealed record Session(string Token, DateTimeOffset Expires, JsonArray Catalog, string ProjectId);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task<string> ProjectIdAsync() => (await EnterAsync()).ProjectId;

    /// <summary>The public address of a service.</summary>
    public async Task<string> EndpointAsync(string type) =>
        (await EnterAsync()).Catalog.Single(service => (string?)service!["type"] == type)!["endpoints"]!.AsArray().First(endpoint => (string?)endpoint!["interface"] == "public")!["url"]!.GetValue<string>().TrimEnd('/');

    /// <summary>One call; the answer's body, null when it has none. Fails unless it is good or <paramref name="also"/>.</summary>
    public async Task<JsonNode?> SendAsync(string type, HttpMethod method, string path, object? body = null, HttpStatusCode? also = null)
    {
        string url = path.StartsWith("http", StringComparison.Ordinal) ? path : await EndpointAsync(type) + path;
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Add("X-Auth-Token", (await EnterAsync()).Token);
        if (body is not null) request.Content = Json(body);
        using HttpResponseMessage response = await _http.SendAsync(request, Ct);
        string text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(response.IsSuccessStatusCode || response.StatusCode == also, $"{method} {url}: {(int)response.StatusCode} {text}");
        return text.StartsWith('{') ? JsonNode.Parse(text) : null;
    }

    public void Dispose()
    {
        _http.Dispose();
        _entry.Dispose();
    }

    /// <summary>Of a known length: a keystone behind uwsgi takes a chunked body for an empty one.</summary>
    static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    async Task<Session> EnterAsync()
    {
        await _entry.WaitAsync(Ct);
        try
        {
            // Renewed early: a token of half a minute must last for the call.
            if (_session is not { } session || session.Expires - DateTimeOffset.UtcNow < TimeSpan.FromSeconds(12)) _session = session = await LoginAsync();
            return session;
        }
        finally
        {
            _entry.Release();
        }
    }

    async Task<Session> LoginAsync()
    {
        var body = new
        {
            auth = new
            {
                identity = new { methods = new[] { "password" }, password = new { user = new { name = login.User, domain = new { name = "Default" }, password = login.Password } } },
                scope = new { project = new { name = login.Project, domain = new { name = "Default" } } },
            },
        };
        using HttpResponseMessage response = await _http.PostAsync($"{login.AuthUrl}/auth/tokens", Json(body), Ct);
        string text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(response.IsSuccessStatusCode, $"login of {login.User}: {(int)response.StatusCode} {text}");
        JsonNode token = JsonNode.Parse(text)!["token"]!;
        return new Session(response.Headers.GetValues("X-Subject-Token").Single(), token["expires_at"]!.GetValue<DateTimeOffset>(), token["catalog"]!.AsArray(), token["project"]!["id"]!.GetValue<string>());
    }
}
