using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>
/// keystone, nova, glance and neutron on one port, as the real ones were seen to answer (docs/drivers/openstack.md). Any answer can be replaced: that is how
/// the rare ones are rehearsed.
/// </summary>
sealed partial class FakeCloud : IAsyncDisposable
{
    public const string User = "shepherd", Password = "pl4nted-p4ssword", Project = "7c2d1e0f9a8b4c5d8e6f7a8b9c0d1e2f", AdminPass = "pl4nted-adm1n-pass";

    readonly WebApplication _app;
    readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new();

    FakeCloud(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";
    public string AuthUrl => $"{Url}/v3";
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>By how much the cloud's clock goes wrong.</summary>
    public TimeSpan Skew { get; set; }

    public FakeNova Nova { get; } = new();
    public string MaxMicroversion { get; set; } = "2.93";
    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>Asked first; answers true when it has answered.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>What was answered.</summary>
    public ConcurrentQueue<int> Statuses { get; } = new();

    public sealed record Call(string Method, string Path, string Query, string Body, string? Microversion);

    public static async Task<FakeCloud> StartAsync(TimeProvider? time = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        var cloud = new FakeCloud(app) { Time = time ?? TimeProvider.System };
        app.Run(cloud.AnswerAsync);
        await app.StartAsync();
        cloud.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return cloud;
    }

    public DateTimeOffset Now => Time.GetUtcNow() + Skew;

    public int Count(string method, string path) => Calls.Count(call => call.Method == method && call.Path == path);

    public void RevokeTokens() => _tokens.Clear();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    async Task AnswerAsync(HttpContext http)
    {
        http.Response.OnCompleted(() => { Statuses.Enqueue(http.Response.StatusCode); return Task.CompletedTask; });
        http.Request.EnableBuffering();
        string body = await new StreamReader(http.Request.Body).ReadToEndAsync();
        http.Request.Body.Position = 0;
        Calls.Enqueue(new Call(http.Request.Method, http.Request.Path, http.Request.QueryString.Value ?? "", body, http.Request.Headers["OpenStack-API-Version"]));
        http.Response.Headers.Date = Now.ToString("r", CultureInfo.InvariantCulture);
        http.Response.Headers["x-openstack-request-id"] = $"req-{Guid.NewGuid()}";
        if (Instead is { } instead && await instead(http)) return;

        string path = http.Request.Path.Value ?? "";
        if (path.StartsWith("/v3", StringComparison.Ordinal)) await KeystoneAsync(http, path, body);
        else if (!IsLoggedIn(http)) await RefuseAsync(http);
        else if (path.StartsWith("/compute/v2.1", StringComparison.Ordinal)) await NovaAsync(http, path["/compute/v2.1".Length..], body);
        else if (path.StartsWith("/image/v2/images", StringComparison.Ordinal)) await ListAsync(http, "images", Nova.Images);
        else if (path == "/network/v2.0/networks") await ListAsync(http, "networks", Nova.Networks);
        else if (path == "/network/v2.0/security-groups") await ListAsync(http, "security_groups", Nova.SecurityGroups);
        else await NotFoundAsync(http);
    }

    bool IsLoggedIn(HttpContext http) => _tokens.TryGetValue(http.Request.Headers["X-Auth-Token"].ToString(), out DateTimeOffset end) && end > Time.GetUtcNow();

    static Task RefuseAsync(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Keystone uri=\"http://keystone\"";
        return JsonAsync(http, 401, """{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}""");
    }

    static Task NotFoundAsync(HttpContext http) =>
        JsonAsync(http, 404, """{"message": "The resource could not be found.<br /><br />\n\n\n", "code": "404 Not Found", "title": "Not Found"}""");

    async Task KeystoneAsync(HttpContext http, string path, string body)
    {
        if (path != "/v3/auth/tokens")
        {
            await JsonAsync(http, 300, """{"versions": {"values": [{"id": "v3.14"}]}}""");
            return;
        }

        JsonNode? identity = JsonNode.Parse(body)?["auth"]?["identity"];
        bool isKnown = (string?)identity?["password"]?["user"]?["password"] == Password
            || (string?)identity?["application_credential"]?["secret"] == Password
            || (string?)identity?["token"]?["id"] == Password;
        if (!isKnown)
        {
            await RefuseAsync(http);
            return;
        }

        string token = $"pl4nted-t0ken-{Guid.NewGuid():N}";
        _tokens[token] = Time.GetUtcNow() + TokenLifetime;
        http.Response.Headers["X-Subject-Token"] = token;
        await JsonAsync(http, 201, TokenBody());
    }

    string TokenBody()
    {
        string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        JsonArray Endpoints(string path) =>
        [
            .. new[] { ("public", "RegionOne"), ("internal", "RegionOne"), ("public", "RegionTwo") }.Select(where => new JsonObject
            {
                ["interface"] = where.Item1, ["region"] = where.Item2, ["region_id"] = where.Item2, ["id"] = "e", ["url"] = Url + path,
            }),
        ];
        return new JsonObject
        {
            ["token"] = new JsonObject
            {
                ["methods"] = new JsonArray("password"),
                ["expires_at"] = Stamp(Now + TokenLifetime),
                ["issued_at"] = Stamp(Now),
                ["project"] = new JsonObject { ["id"] = Project, ["name"] = "vmshepherd", ["domain"] = new JsonObject { ["id"] = "default" } },
                ["catalog"] = new JsonArray(
                    new JsonObject { ["type"] = "compute", ["name"] = "nova", ["endpoints"] = Endpoints("/compute/v2.1") },
                    new JsonObject { ["type"] = "image", ["name"] = "glance", ["endpoints"] = Endpoints("/image") },
                    new JsonObject { ["type"] = "network", ["name"] = "neutron", ["endpoints"] = Endpoints("/network") }),
            },
        }.ToJsonString();
    }

    /// <summary>glance and neutron: by id, by exact name.</summary>
    static Task ListAsync(HttpContext http, string list, IEnumerable<JsonObject> all)
    {
        string? id = http.Request.Query["id"], name = http.Request.Query["name"];
        JsonArray found = [.. all.Where(item => (id is null || (string?)item["id"] == id) && (name is null || (string?)item["name"] == name)).Select(item => item.DeepClone())];
        return JsonAsync(http, 200, new JsonObject { [list] = found }.ToJsonString());
    }

    public static Task JsonAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(json);
    }
}
