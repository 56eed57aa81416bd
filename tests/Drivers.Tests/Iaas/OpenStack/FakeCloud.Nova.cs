using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>What nova, glance and neutron hold.</summary>
sealed class FakeNova
{
    readonly Lock _gate = new();
    readonly List<FakeServer> _servers = [];
    int _address;

    public int MaxLimit { get; set; } = 1000;
    public int Quota { get; set; } = int.MaxValue;

    /// <summary>Quota; -1 = none.</summary>
    public int Cores { get; set; } = -1;
    public int Memory { get; set; } = -1;
    public TimeSpan BuildTime { get; set; } = TimeSpan.FromSeconds(5);
    public TimeSpan DeleteTime { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long an action on a new server answers 404.</summary>
    public TimeSpan ActionsAfter { get; set; } = TimeSpan.FromSeconds(1);

    public List<JsonObject> Images { get; } = [Item("image", "8a9b0c1d-0000-4000-8000-000000000001", ("status", "active"), ("owner", "p1"), ("created_at", "2026-01-01T00:00:00Z"))];
    public List<JsonObject> Flavors { get; } = [Item("flavor", "1", ("vcpus", 1), ("ram", 64), ("disk", 1)), Item("m1.small", "2", ("vcpus", 1), ("ram", 512), ("disk", 5))];
    public List<JsonObject> Networks { get; } = [Item("net", "5e5e5e5e-0000-4000-8000-000000000001", ("project_id", FakeCloud.Project))];
    public List<JsonObject> SecurityGroups { get; } = [Item("default", "6f6f6f6f-0000-4000-8000-000000000001", ("project_id", FakeCloud.Project))];
    public List<JsonObject> ServerGroups { get; } = [Item("apart", "7a7a7a7a-0000-4000-8000-000000000001")];
    public List<string> Keys { get; } = ["ops"];

    public static JsonObject Item(string name, string id, params (string Key, JsonNode? Value)[] more)
    {
        var item = new JsonObject { ["id"] = id, ["name"] = name };
        foreach ((string key, JsonNode? value) in more) item[key] = value;
        return item;
    }

    public FakeServer[] Servers(DateTimeOffset now)
    {
        lock (_gate)
        {
            return [.. _servers.Where(server => server.GoneAt > now)];
        }
    }

    /// <summary>Changed since then; deleted ones too.</summary>
    public FakeServer[] Changed(DateTimeOffset since, DateTimeOffset now)
    {
        lock (_gate) return [.. _servers.Where(server => server.Touched >= since || (server.GoneAt <= now && server.GoneAt >= since))];
    }

    public FakeServer Add(string name, DateTimeOffset now, JsonObject? asked = null)
    {
        lock (_gate)
        {
            _address++;
            var server = new FakeServer(Guid.NewGuid().ToString(), name, now, $"127.20.{_address / 250}.{_address % 250 + 1}", asked ?? new JsonObject()) { ActiveAt = now + BuildTime };
            _servers.Add(server);
            return server;
        }
    }
}

/// <summary>A server.</summary>
sealed record FakeServer(string Id, string Name, DateTimeOffset Created, string Address, JsonObject Asked)
{
    public DateTimeOffset ActiveAt { get; set; }
    public DateTimeOffset GoneAt { get; set; } = DateTimeOffset.MaxValue;

    /// <summary>Set by somebody, in place of what time brings.</summary>
    public string? Status { get; set; }

    /// <summary>When nova says that it changed; of a new one it may not say so yet.</summary>
    public DateTimeOffset Touched { get; set; } = DateTimeOffset.MinValue;

    /// <summary>Its cell does not answer.</summary>
    public bool IsDown { get; set; }

    public JsonObject Show(DateTimeOffset now, bool embedsFlavor)
    {
        if (IsDown) return new JsonObject { ["id"] = Id, ["status"] = "UNKNOWN", ["tenant_id"] = FakeCloud.Project, ["created"] = Stamp(Created), ["links"] = new JsonArray() };
        bool isActive = now >= ActiveAt;
        return new JsonObject
        {
            ["id"] = Id,
            ["name"] = Name,
            ["status"] = GoneAt <= now ? "DELETED" : Status ?? (isActive ? "ACTIVE" : "BUILD"),
            ["tenant_id"] = FakeCloud.Project,
            ["metadata"] = Asked["metadata"]?.DeepClone() ?? new JsonObject(),
            ["image"] = Asked["imageRef"] is { } image ? new JsonObject { ["id"] = (string?)image, ["links"] = new JsonArray() } : "",
            ["flavor"] = embedsFlavor ? new JsonObject { ["original_name"] = "m1.small", ["vcpus"] = 1, ["extra_specs"] = new JsonObject() } : new JsonObject { ["id"] = "2" },
            ["created"] = Stamp(Created),
            ["updated"] = Stamp(Created),
            ["addresses"] = !isActive ? new JsonObject() : new JsonObject
            {
                ["net"] = new JsonArray(new JsonObject { ["version"] = 4, ["addr"] = Address, ["OS-EXT-IPS:type"] = "fixed", ["OS-EXT-IPS-MAC:mac_addr"] = "fa:16:3e:00:00:01" }),
            },
            ["OS-EXT-STS:task_state"] = GoneAt < DateTimeOffset.MaxValue ? "deleting" : isActive ? null : "spawning",
            ["OS-EXT-STS:vm_state"] = isActive ? "active" : "building",
            ["tags"] = new JsonArray(),
        };
    }

    static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

sealed partial class FakeCloud
{
    async Task NovaAsync(HttpContext http, string path, string body)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        await ((http.Request.Method, parts) switch
        {
            ("GET", []) => JsonAsync(http, 200, $$$"""{"version": {"id": "v2.1", "status": "CURRENT", "version": "{{{MaxMicroversion}}}", "min_version": "2.1"}}"""),
            ("GET", ["servers", "detail"]) => ListServersAsync(http),
            ("GET", ["servers"]) => ListBriefAsync(http),
            ("GET", ["flavors", "detail"]) => ListAsync(http, "flavors", Nova.Flavors),
            ("GET", ["os-server-groups"]) => ListAsync(http, "server_groups", Nova.ServerGroups),
            ("GET", ["os-keypairs"]) => JsonAsync(http, 200, new JsonObject { ["keypairs"] = new JsonArray([.. Nova.Keys.Select(Keypair)]) }.ToJsonString()),
            ("GET", ["limits"]) => JsonAsync(http, 200, Limits()),
            ("GET", ["os-availability-zone"]) => JsonAsync(http, 200, """{"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": true}, "hosts": null}]}"""),
            ("POST", ["servers"]) => CreateAsync(http, body),
            ("GET", ["servers", var id]) => Find(id) is { } found ? JsonAsync(http, 200, new JsonObject { ["server"] = found.Show(Now, EmbedsFlavor(http)) }.ToJsonString()) : ServerNotFoundAsync(http, id),
            ("DELETE", ["servers", var id]) => Find(id) is { } gone ? DeleteAsync(http, gone, 204) : ServerNotFoundAsync(http, id),
            ("POST", ["servers", var id, "action"]) => Find(id) is { } acted && Now - acted.Created >= Nova.ActionsAfter ? DeleteAsync(http, acted, 202) : ServerNotFoundAsync(http, id),
            _ => NotFoundAsync(http),
        });
    }

    static JsonObject Keypair(string name) => new() { ["keypair"] = new JsonObject { ["name"] = name, ["public_key"] = "ssh-ed25519 AAAA", ["fingerprint"] = "f" } };

    string Limits()
    {
        int used = Nova.Servers(Now).Length;
        return $$$"""
            {"limits": {"rate": [], "absolute": {"maxTotalInstances": {{{(Nova.Quota == int.MaxValue ? -1 : Nova.Quota)}}}, "totalInstancesUsed": {{{used}}}, "maxTotalCores": {{{Nova.Cores}}}, "totalCoresUsed": {{{used}}},
             "maxTotalRAMSize": {{{Nova.Memory}}}, "totalRAMUsed": {{{used * 512}}}, "maxTotalKeypairs": 100, "maxServerMeta": 128} } }
            """;
    }

    FakeServer? Find(string id) => Nova.Servers(Now).FirstOrDefault(server => server.Id == id);

    static bool EmbedsFlavor(HttpContext http) => Minor(http) >= 47;

    static int Minor(HttpContext http) =>
        http.Request.Headers["OpenStack-API-Version"].ToString() is { Length: > 0 } asked ? int.Parse(asked.Split('.')[1], CultureInfo.InvariantCulture) : 1;

    Task DeleteAsync(HttpContext http, FakeServer server, int status)
    {
        if (server.GoneAt == DateTimeOffset.MaxValue) server.GoneAt = Now + Nova.DeleteTime;
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = status == 204 ? null : 0;
        return Task.CompletedTask;
    }

    /// <summary>Servers of cells that are down are told in a list without any parameter, from 2.69 on, and behind the others.</summary>
    static FakeServer[] Shown(HttpContext http, FakeServer[] all) =>
        [.. all.Where(server => !server.IsDown), .. http.Request.QueryString.HasValue || Minor(http) < 69 ? [] : all.Where(server => server.IsDown)];

    Task ListBriefAsync(HttpContext http)
    {
        var rows = Shown(http, Nova.Servers(Now)).Take(Nova.MaxLimit).Select(server => server.IsDown
            ? new JsonObject { ["id"] = server.Id, ["status"] = "UNKNOWN", ["links"] = new JsonArray() }
            : new JsonObject { ["id"] = server.Id, ["name"] = server.Name, ["links"] = new JsonArray() });
        return JsonAsync(http, 200, new JsonObject { ["servers"] = new JsonArray([.. rows]) }.ToJsonString());
    }

    /// <summary>A regular-expression search, in any case; pages; as little of a cell that is down as the real one tells.</summary>
    Task ListServersAsync(HttpContext http)
    {
        string? name = http.Request.Query["name"], marker = http.Request.Query["marker"];
        int limit = Math.Min(int.TryParse(http.Request.Query["limit"], out int asked) ? asked : int.MaxValue, Nova.MaxLimit);
        bool isOfChanges = DateTimeOffset.TryParse(http.Request.Query["changes-since"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset since);
        FakeServer[] all = [.. Shown(http, isOfChanges ? Nova.Changed(since, Now) : Nova.Servers(Now)).Where(server => name is null || Regex.IsMatch(server.Name, name, RegexOptions.IgnoreCase))];
        if (http.Request.Query["sort_dir"] == "desc") Array.Reverse(all);
        int from = marker is null ? 0 : Array.FindIndex(all, server => server.Id == marker) + 1;
        if (marker is not null && from == 0) return JsonAsync(http, 400, $$$"""{"badRequest": {"code": 400, "message": "marker [{{{marker}}}] not found"}}""");
        FakeServer[] page = [.. all.Skip(from).Take(limit)];
        var answer = new JsonObject { ["servers"] = new JsonArray([.. page.Select(server => server.Show(Now, EmbedsFlavor(http)))]) };
        if (page.Length == limit) answer["servers_links"] = new JsonArray(new JsonObject { ["rel"] = "next", ["href"] = $"http://elsewhere.example/v2.1/servers/detail?limit={limit}&marker={page[^1].Id}" });
        return JsonAsync(http, 200, answer.ToJsonString());
    }

    Task CreateAsync(HttpContext http, string body)
    {
        JsonObject asked = JsonNode.Parse(body)!["server"]!.AsObject();
        string? image = (string?)asked["imageRef"] ?? (string?)asked["block_device_mapping_v2"]?[0]?["uuid"], userData = (string?)asked["user_data"];
        if (!Nova.Images.Any(known => (string?)known["id"] == image)) return BadRequestAsync(http, "Can not find requested image");
        if (!Nova.Flavors.Any(known => (string?)known["id"] == (string?)asked["flavorRef"])) return BadRequestAsync(http, "Invalid flavorRef provided.");
        if (asked["key_name"] is { } key && !Nova.Keys.Contains((string)key!)) return BadRequestAsync(http, "Invalid key_name provided.");
        if (userData?.Length > 65_535) return BadRequestAsync(http, $"Invalid input for field/attribute user_data. Value: {userData}. '{userData}' is too long");
        int there = Nova.Servers(Now).Length;
        if (there >= Nova.Quota)
            return JsonAsync(http, 403, $$$"""{"forbidden": {"code": 403, "message": "Quota exceeded for instances: Requested 1, but already used {{{there}}} of {{{Nova.Quota}}} instances"}}""");
        FakeServer server = Nova.Add((string)asked["name"]!, Now, asked);
        return JsonAsync(http, 202, $$$"""{"server": {"id": "{{{server.Id}}}", "links": [], "OS-DCF:diskConfig": "MANUAL", "security_groups": [{"name": "default"}], "adminPass": "{{{AdminPass}}}"}}""");
    }

    static Task BadRequestAsync(HttpContext http, string message) => JsonAsync(http, 400, new JsonObject { ["badRequest"] = new JsonObject { ["code"] = 400, ["message"] = message } }.ToJsonString());

    static Task ServerNotFoundAsync(HttpContext http, string id) => ItemNotFoundAsync(http, $"Instance {id} could not be found.");

    static Task ItemNotFoundAsync(HttpContext http, string message) => JsonAsync(http, 404, new JsonObject { ["itemNotFound"] = new JsonObject { ["code"] = 404, ["message"] = message } }.ToJsonString());
}
