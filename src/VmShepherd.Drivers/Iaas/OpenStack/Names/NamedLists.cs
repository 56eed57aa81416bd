using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using VmShepherd.Drivers.Iaas.OpenStack.Servers;

namespace VmShepherd.Drivers.Iaas.OpenStack.Names;

/// <summary>Looks up images, flavors, networks, security groups, server groups and keys, by name or by id.</summary>
sealed class NamedLists(CloudApi api)
{
    const int MostPages = 100;

    /// <summary>Flavors of the project: there are few, and nova can't be asked for one by name.</summary>
    public Task<IReadOnlyList<Named>> FlavorsAsync(CancellationToken cancellationToken) =>
        ReadAsync(Service.Compute, "/flavors/detail?limit=500", "flavors", "look for flavors", Flavor, cancellationToken);

    public Task<IReadOnlyList<Named>> ServerGroupsAsync(CancellationToken cancellationToken) =>
        ReadAsync(Service.Compute, "/os-server-groups", "server_groups", "look for server groups", Plain, cancellationToken);

    /// <summary>Keys of the user who logs in. They have no id but their name.</summary>
    public Task<IReadOnlyList<Named>> KeysAsync(CancellationToken cancellationToken) =>
        ReadAsync(Service.Compute, "/os-keypairs", "keypairs", "look for keys", Key, cancellationToken);

    public Task<IReadOnlyList<Named>> ImagesAsync(string name, bool isId, CancellationToken cancellationToken) => ReadAsync(
        Service.Image, $"/images?{(isId ? $"id={Uri.EscapeDataString(name)}" : $"name={Uri.EscapeDataString(name)}")}&status=active&limit=200", "images", $"look for the image '{name}'", Image, cancellationToken);

    public Task<IReadOnlyList<Named>> NetworksAsync(string name, bool isId, CancellationToken cancellationToken) => ReadAsync(
        Service.Network, $"/networks?{(isId ? "id" : "name")}={Uri.EscapeDataString(name)}&fields=id&fields=name&fields=project_id", "networks", $"look for the network '{name}'", OfProject, cancellationToken);

    public Task<IReadOnlyList<Named>> SecurityGroupsAsync(string name, bool isId, CancellationToken cancellationToken) => ReadAsync(
        Service.Network, $"/security-groups?{(isId ? "id" : "name")}={Uri.EscapeDataString(name)}&fields=id&fields=name&fields=project_id", "security_groups", $"look for the security group '{name}'", OfProject, cancellationToken);

    /// <summary>Every page.</summary>
    async Task<IReadOnlyList<Named>> ReadAsync(Service service, string path, string list, string what, Func<JsonElement, Named> read, CancellationToken cancellationToken)
    {
        List<Named> found = [];
        string? marker = null;
        for (int page = 0; page < MostPages; page++)
        {
            string at = marker is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}marker={Uri.EscapeDataString(marker)}";
            var call = new ApiCall(service, HttpMethod.Get, at, what);
            using ApiAnswer answer = await api.SendForGoodAsync(call, cancellationToken).ConfigureAwait(false);
            try
            {
                using JsonDocument document = JsonDocument.Parse(answer.Body);
                found.AddRange(document.RootElement.GetProperty(list).EnumerateArray().Select(read));
                string? next = NextMarker(document.RootElement, list);
                if (next is null) return found;
                if (next == marker) throw Failures.NotSent(call, "the pages go round in a circle", null);
                marker = next;
            }
            catch (Exception garbled) when (garbled is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw Failures.NotSent(call, $"the answer can't be understood: {garbled.Message}", garbled);
            }
        }

        throw new IaasException(IaasFailure.Unavailable, $"{what}: more than {MostPages} pages");
    }

    /// <summary>glance: <c>next</c>; nova and neutron: <c>..._links</c>.</summary>
    static string? NextMarker(JsonElement root, string list)
    {
        if (root.TryGetProperty("next", out JsonElement next)) return PageLink.MarkerOf(next.GetString());
        if (!root.TryGetProperty($"{list}_links", out JsonElement links)) return null;
        return links.EnumerateArray().Where(link => Text(link, "rel") == "next").Select(link => PageLink.MarkerOf(Text(link, "href"))).FirstOrDefault();
    }

    static Named Plain(JsonElement item) => new(item.GetProperty("id").GetString()!, Text(item, "name") ?? "", "");

    static Named OfProject(JsonElement item) => Plain(item) with { Detail = Text(item, "project_id") is { } project ? $"project {project}" : "" };

    static Named Key(JsonElement item) => item.GetProperty("keypair").GetProperty("name").GetString() is { } name ? new Named(name, name, "") : throw new JsonException("a key has no name");

    static Named Flavor(JsonElement item) => Plain(item) with
    {
        Detail = $"{Number(item, "vcpus")} vCPU, {Number(item, "ram")} MiB, {Number(item, "disk")} GiB",
        Cores = Number(item, "vcpus"),
        Memory = Number(item, "ram"),
    };

    static Named Image(JsonElement item) => Plain(item) with
    {
        Detail = $"made {Text(item, "created_at")}, of project {Text(item, "owner")}",
        Created = item.TryGetProperty("created_at", out JsonElement created) && created.TryGetDateTimeOffset(out DateTimeOffset at) ? at : null,
        Owner = Text(item, "owner"),
        Tags = item.TryGetProperty("tags", out JsonElement tags) && tags.ValueKind == JsonValueKind.Array ? [.. tags.EnumerateArray().Select(tag => tag.GetString() ?? "")] : [],
    };

    static long Number(JsonElement item, string key) => item.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0;

    static string? Text(JsonElement item, string key) => item.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
