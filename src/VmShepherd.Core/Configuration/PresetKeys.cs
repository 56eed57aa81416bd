using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>The keys of a preset that are more than one value of one type.</summary>
static class PresetKeys
{
    static readonly string[] LinkSchemes = ["http://", "https://", "ssh://"];

    internal static string? Name(KeyReader keys, string prefix)
    {
        if (keys.Required("name") is not { } node) return null;
        if (node is not YamlScalar { Value: not byte[] } scalar)
        {
            keys.Wrong(node, "name", "a name");
            return null;
        }
        // Machines that exist already carry what Python made of it: 010 is named 8.
        string name = prefix + PythonText.Of(scalar.Value);
        if (name.Length > prefix.Length && name.Length <= PresetTable.MaxName && !name.Any(char.IsControl) && name.Trim() == name) return name;
        keys.Wrong(node, "name", $"a name of 1 to {PresetTable.MaxName} characters, without control characters and blanks around it");
        return null;
    }

    internal static string Image(KeyReader keys, bool unmanaged) =>
        keys.Text("image", unmanaged ? keys.Find("image") : keys.Required("image")) ?? "";

    internal static string Flavor(KeyReader keys, bool unmanaged, DiagnosticList problems)
    {
        YamlNode? british = keys.Find("flavour"), american = keys.Find("flavor");
        if (british is not null && american is not null) problems.Warn(british, "flavour", "'flavor' stands here too and counts: remove one of them");
        if (american is null && british is null && !unmanaged) keys.Required("flavor");
        return keys.Text("flavor", american ?? british) ?? "";
    }

    internal static ScaleIn ScaleIn(KeyReader keys) => keys.Word("scale_in") switch
    {
        "oldest" => Configuration.ScaleIn.Oldest,
        "newest" => Configuration.ScaleIn.Newest,
        "unhealthy_first" => Configuration.ScaleIn.UnhealthyFirst,
        _ => Configuration.ScaleIn.None,
    };

    internal static Dictionary<string, string> PanelLinks(KeyReader keys)
    {
        Dictionary<string, string> links = new(StringComparer.Ordinal);
        if (keys.Section("panel_links") is not { } section) return links;
        foreach (YamlEntry entry in section.Entries)
        {
            if (ScalarReading.Text(entry.Value) is { } address && IsLink(address)) links[entry.Name] = address;
            else keys.Wrong(entry.Value, $"panel_links.{entry.Name}", "an http, https or ssh address");
        }
        return links;

        static bool IsLink(string address) => LinkSchemes.Any(s => address.StartsWith(s, StringComparison.OrdinalIgnoreCase));
    }

    internal static NetworkSpec Network(KeyReader keys, DiagnosticList problems)
    {
        if (keys.Section("network") is not { } section) return NetworkSpec.Empty;
        var network = new KeyReader(section, "network", PresetTable.Network, problems);
        YamlNode? plural = network.Find("subnets"), singular = network.Find("subnet");
        if (plural is not null && singular is not null) problems.Warn(singular, "network.subnet", "'subnets' stands here too and counts: remove one of them");
        var spec = new NetworkSpec(network.Texts("security_groups") ?? [], network.Text("availability_zone"),
            plural is not null ? Subnets(network, "subnets", plural) : singular is not null ? Subnets(network, "subnet", singular) : []);
        network.WarnUnknown();
        return spec;
    }

    static List<string> Subnets(KeyReader network, string key, YamlNode node)
    {
        List<string> subnets = [];
        foreach (YamlNode item in node is YamlSequence list ? list.Items : [node])
        {
            YamlNode? id = item is YamlMapping map ? map.Find("net-id")?.Value : item;
            if (id is not null && ScalarReading.Text(id) is { } text) subnets.Add(text);
            else network.Wrong(item, key, "a list of networks, each 'net-id: ID' or just the ID");
        }
        return subnets;
    }

    /// <summary>Any other key is a template variable; only one that is nearly a known key is worth a word.</summary>
    internal static void WarnNearlyKnown(KeyReader keys, DiagnosticList problems)
    {
        foreach (YamlEntry entry in keys.Mapping.Entries)
        {
            if (entry.Key is { Value: not string })
                problems.Warn(entry.Key, entry.Name, $"'{entry.Key.Text}' is {entry.Key.Kind} in YAML, not a name, and templates don't see it: quote it");
            else if (!keys.Known.Contains(entry.Name) && Spelling.Nearest(entry.Name, keys.Known) is { } nearest)
                problems.Warn(entry.Key, entry.Name, $"is taken for a template variable: did you mean '{nearest}'?");
        }
    }
}
