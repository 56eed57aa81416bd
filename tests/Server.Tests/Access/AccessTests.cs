using System.Net;
using System.Net.Http.Headers;
using System.Text;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Access;

/// <summary>Who is let in, under which name, and for what.</summary>
public sealed class AccessTests
{
    const string Reader = "reader-token-0123456789", Writer = "writer-token-0123456789";
    const string ListPresets = """{"id":1,"method":"list_presets"}""";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_known_token_nobody_is_let_in()
    {
        using Installation installation = WithTokens();
        await using RunningServer server = await RunningServer.StartAsync(installation);

        foreach (string? authorization in new[] { null, "Bearer", "Bearer wrong", $"Basic {Base64("x:" + Reader)}", $"bearer {Reader}x" })
        {
            using HttpResponseMessage refused = await SendAsync(server, "/api", ListPresets, authorization);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.ToString());
        }

        foreach (string path in new[] { "/", "/metrics", "/no-such-page" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync(new Uri(path, UriKind.Relative), Ct)).StatusCode);
        foreach (string path in new[] { "/livez", "/healthz" })
            Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync(new Uri(path, UriKind.Relative), Ct)).StatusCode);
    }

    [Fact]
    public async Task A_reader_may_read_and_a_writer_may_write()
    {
        using Installation installation = WithTokens();
        await using RunningServer server = await RunningServer.StartAsync(installation);

        using HttpResponseMessage read = await SendAsync(server, "/api", ListPresets, "Bearer " + Reader);
        Assert.Contains("\"result\"", await read.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);

        using HttpResponseMessage denied = await SendAsync(server, "/api", """{"id":1,"method":"manage","params":["web"]}""", "Bearer " + Reader);
        Assert.Contains("manage needs the role write: 'dashboard' has the role read", await denied.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);

        using HttpResponseMessage noReload = await SendAsync(server, "/-/reload", "", "Bearer " + Reader);
        Assert.Equal(HttpStatusCode.Forbidden, noReload.StatusCode);

        using HttpResponseMessage written = await SendAsync(server, "/api", """{"id":1,"method":"manage","params":["web"]}""", "Bearer " + Writer);
        Assert.Contains("\"OK\"", await written.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);

        Assert.DoesNotContain(Reader, server.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_gives_the_token_as_password_and_only_for_the_page()
    {
        using Installation installation = WithTokens();
        await using RunningServer server = await RunningServer.StartAsync(installation);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Authorization = AuthenticationHeaderValue.Parse("Basic " + Base64("anybody:" + Reader));

        using HttpResponseMessage page = await server.Http.SendAsync(request, Ct);
        using HttpResponseMessage asked = await server.Http.GetAsync(new Uri("/", UriKind.Relative), Ct);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.StartsWith("Basic", asked.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:8888", null, HttpStatusCode.OK)]
    [InlineData("127.0.0.1", null, HttpStatusCode.OK)]
    [InlineData("[::1]:80", null, HttpStatusCode.OK)]
    [InlineData("shepherd.example:1", null, HttpStatusCode.OK)]
    [InlineData("SHEPHERD.example.", null, HttpStatusCode.OK)]
    [InlineData("evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1.evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("10.0.0.1", null, HttpStatusCode.Forbidden)]
    [InlineData("localhost", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("localhost", "null", HttpStatusCode.Forbidden)]
    [InlineData("localhost", "http://localhost:8888", HttpStatusCode.OK)]
    public async Task Only_our_own_names_and_pages_are_answered(string host, string? origin, HttpStatusCode expected)
    {
        using var installation = new Installation("http: {allowed_hosts: [shepherd.example]}");
        await using RunningServer server = await RunningServer.StartAsync(installation);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api") { Content = RunningServer.Json(ListPresets) };
        request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);

        using HttpResponseMessage response = await server.Http.SendAsync(request, Ct);

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("[list_vms]", "list_vms", true)]
    [InlineData("[list_vms]", "list_presets", false)]
    [InlineData("[]", "list_presets", false)]
    public async Task Only_allowed_methods_are_there(string allowed, string method, bool isThere)
    {
        using var installation = new Installation($"http: {{api: {{allowed_methods: {allowed}}}}}");
        await using RunningServer server = await RunningServer.StartAsync(installation);

        string answer = (await server.CallAsync(method)).GetRawText();

        Assert.Equal(!isThere, answer.Contains("-32601", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_that_others_reach_needs_access_and_is_told_so()
    {
        using var installation = new Installation("http: {listen_address: 0.0.0.0}");
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", "0");

        Assert.Equal(78, await process.ExitsAsync());
        Assert.Contains("http.access", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Access_none_is_obeyed_and_warned_of()
    {
        using var installation = new Installation("http: {listen_address: 0.0.0.0, access: none}");
        await using RunningServer server = await RunningServer.StartAsync(installation);

        await server.Process.SaysAsync("http.access is none");
        Assert.True((await server.CallAsync("list_presets")).TryGetProperty("result", out _));
    }

    [Fact]
    public async Task A_token_file_that_is_missing_or_short_ends_the_start()
    {
        using Installation installation = WithTokens();
        installation.Write("reader", "short");
        await using VmShepherdProcess process = VmShepherdProcess.Start("-c", installation.SettingsFile, "-p", "0");

        Assert.Equal(78, await process.ExitsAsync());
        Assert.Contains("'dashboard'", process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("short", process.Errors.Replace(installation.Folder, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    static Installation WithTokens()
    {
        var installation = new Installation("""
            http:
              access:
                tokens:
                  - {name: dashboard, file: reader, role: read}
                  - {name: deploy, file: writer, role: write}
            """);
        installation.Write("reader", Reader + "\n");
        installation.Write("writer", Writer);
        installation.WritePreset("web", 0);
        return installation;
    }

    static async Task<HttpResponseMessage> SendAsync(RunningServer server, string path, string body, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = RunningServer.Json(body) };
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await server.Http.SendAsync(request, Ct);
    }

    static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
