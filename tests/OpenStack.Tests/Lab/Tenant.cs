using System.Net;
using System.Text.Json.Nodes;

namespace OpenStack.Tests.Lab;

/// <summary>A server as nova shows it.</summary>
public sealed record Server(string Id, string Name, string Status, string? Address, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A project and its member of one test alone, so that tests do not see one another. Ends its servers when it is disposed.</summary>
public sealed class Tenant : IAsyncDisposable
{
    readonly CloudApi _admin, _member;

    Tenant(OpenStackLab lab, Login login)
    {
        _admin = lab.Admin;
        _member = new CloudApi(login);
        Login = login;
    }

    public Login Login { get; }

    /// <summary>A new project with quota for so many servers.</summary>
    public static async Task<Tenant> CreateAsync(OpenStackLab lab, int quota = 60)
    {
        string name = $"test-{Guid.NewGuid():N}"[..13];
        var login = new Login(lab.Member.AuthUrl, name, $"planted-password-{name}", name);
        JsonNode user = (await lab.Admin.SendAsync("identity", HttpMethod.Post, "/users", new { user = new { name, password = login.Password, domain_id = "default" } }))!["user"]!;
        var tenant = new Tenant(lab, login);
        await tenant.AddProjectAsync(name, (string)user["id"]!);
        await tenant.SetQuotaAsync(quota);
        return tenant;
    }

    /// <summary>A further project, of which the same user is a member.</summary>
    public async Task<CloudApi> AnotherProjectAsync(string name)
    {
        JsonNode users = (await _admin.SendAsync("identity", HttpMethod.Get, $"/users?name={Login.User}"))!;
        await AddProjectAsync(name, (string)users["users"]![0]!["id"]!);
        return new CloudApi(Login with { Project = name });
    }

    public async Task SetQuotaAsync(int instances) =>
        await _admin.SendAsync("compute", HttpMethod.Put, $"/os-quota-sets/{await _member.ProjectIdAsync()}", new { quota_set = new { instances, cores = -1, ram = -1, force = true } });

    /// <summary>All servers there are now, page by page.</summary>
    public Task<Server[]> ServersAsync() => ServersAsync(_member, "");

    public async Task<Server[]> ServersAsync(string name) => [.. (await ServersAsync()).Where(server => server.Name == name)];

    /// <summary>How many servers there ever were: a double that was removed again is one, too.</summary>
    public async Task<int> EverAsync(string? name = null) => (await ServersAsync(_member, "&changes-since=2020-01-01T00:00:00Z")).Count(server => name is null || server.Name == name);

    public static async Task<Server[]> ServersAsync(CloudApi api, string more)
    {
        List<Server> servers = [];
        string? page = $"/servers/detail?limit=1000{more}";
        while (page is not null)
        {
            JsonNode answer = (await api.SendAsync("compute", HttpMethod.Get, page))!;
            servers.AddRange(answer["servers"]!.AsArray().Select(server => Read(server!)));
            page = answer["servers_links"]?.AsArray().FirstOrDefault(link => (string?)link!["rel"] == "next")?["href"]?.GetValue<string>();
        }

        // One that is created while we turn the page may show twice.
        return [.. servers.DistinctBy(server => server.Id)];
    }

    /// <summary>A server of our own, not the shepherd's; as the original made them, it carries no mark.</summary>
    public async Task<string> CreateServerAsync(string name, object? metadata = null)
    {
        string image = (string)(await _member.SendAsync("image", HttpMethod.Get, "/v2/images?name=ubuntu16"))!["images"]![0]!["id"]!;
        string flavor = (string)(await _member.SendAsync("compute", HttpMethod.Get, "/flavors"))!["flavors"]!.AsArray().Single(flavor => (string?)flavor!["name"] == "small")!["id"]!;
        JsonNode answer = (await _member.SendAsync("compute", HttpMethod.Post, "/servers", new { server = new { name, imageRef = image, flavorRef = flavor, metadata = metadata ?? new { } } }))!;
        return (string)answer["server"]!["id"]!;
    }

    public Task DeleteAsync(string id) => _member.SendAsync("compute", HttpMethod.Delete, $"/servers/{id}", also: HttpStatusCode.NotFound);

    /// <summary>As its owner may do from the dashboard.</summary>
    public Task StopAsync(string id) => _member.SendAsync("compute", HttpMethod.Post, $"/servers/{id}/action", new Dictionary<string, object?> { ["os-stop"] = null });

    /// <summary>What a cloud's operator, or its trouble, does.</summary>
    public Task SetErrorAsync(string id) => _admin.SendAsync("compute", HttpMethod.Post, $"/servers/{id}/action", new Dictionary<string, object> { ["os-resetState"] = new { state = "error" } });

    public async ValueTask DisposeAsync()
    {
        foreach (Server server in await ServersAsync()) await DeleteAsync(server.Id);
        _member.Dispose();
    }

    async Task AddProjectAsync(string name, string user)
    {
        JsonNode project = (await _admin.SendAsync("identity", HttpMethod.Post, "/projects", new { project = new { name, domain_id = "default" } }))!["project"]!;
        JsonNode roles = (await _admin.SendAsync("identity", HttpMethod.Get, "/roles?name=member"))!["roles"]!;
        await _admin.SendAsync("identity", HttpMethod.Put, $"/projects/{project["id"]}/users/{user}/roles/{roles[0]!["id"]}");
    }

    static Server Read(JsonNode server) => new(
        (string)server["id"]!,
        (string)server["name"]!,
        (string)server["status"]!,
        server["addresses"]!.AsObject().SelectMany(network => network.Value!.AsArray()).Select(address => (string?)address!["addr"]).FirstOrDefault(),
        server["metadata"]!.AsObject().ToDictionary(entry => entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal));
}
