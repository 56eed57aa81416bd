using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Reads <c>http:</c>.</summary>
static class HttpSettingsReader
{
    internal static HttpSettings Read(YamlMapping section, DiagnosticList problems)
    {
        var keys = new KeyReader(section, "http", SettingsTable.Http, problems);
        var plain = new HttpSettings();
        HttpSettings http = plain with
        {
            ListenPort = keys.Integer("listen_port") ?? plain.ListenPort,
            ListenAddress = Address(keys) ?? plain.ListenAddress,
            AllowedHosts = keys.Texts("allowed_hosts") ?? [],
            AllowedMethods = keys.Section("api") is { } api ? AllowedMethods(api, problems) : null,
            Access = Access(keys, problems),
        };
        keys.WarnUnknown();
        return http;
    }

    static string? Address(KeyReader keys)
    {
        string? address = keys.Text("listen_address");
        if (address is null or "localhost" || System.Net.IPAddress.TryParse(address, out _)) return address;
        keys.Wrong(keys.Find("listen_address")!, "listen_address", "an IP address or localhost");
        return null;
    }

    static IReadOnlyList<string>? AllowedMethods(YamlMapping section, DiagnosticList problems)
    {
        var keys = new KeyReader(section, "http.api", SettingsTable.Api, problems);
        IReadOnlyList<string>? methods = keys.Texts("allowed_methods");
        if (methods is { Count: 0 })
            problems.Warn(keys.Find("allowed_methods")!, keys.PathOf("allowed_methods"), "an empty list allows no method at all: remove the key to allow all");
        keys.WarnUnknown();
        return methods;
    }

    static HttpAccess? Access(KeyReader keys, DiagnosticList problems)
    {
        switch (keys.Find("access"))
        {
            case null:
                return null;
            case YamlScalar { Value: "none" }:
                return new HttpAccess([]);
            case YamlMapping section:
                return Tokens(section, problems);
            case var other:
                keys.Wrong(other, "access", "none, or a mapping with 'tokens'");
                return null;
        }
    }

    static HttpAccess? Tokens(YamlMapping section, DiagnosticList problems)
    {
        var keys = new KeyReader(section, "http.access", SettingsTable.Access, problems);
        YamlNode? node = keys.Required("tokens");
        keys.WarnUnknown();
        if (node is null) return null;
        if (node is not YamlSequence { Items.Count: > 0 } list)
        {
            keys.Wrong(node, "tokens", "a list with at least one token (or 'access: none')");
            return null;
        }

        List<AccessToken> tokens = [];
        for (int i = 0; i < list.Items.Count; i++)
        {
            string path = $"http.access.tokens[{i}]";
            if (list.Items[i] is not YamlMapping entry)
            {
                problems.Error(list.Items[i], path, "expected a mapping with 'name', 'file' and 'role'");
                continue;
            }
            var token = new KeyReader(entry, path, SettingsTable.Token, problems);
            string? name = token.Text("name", token.Required("name")), file = token.Text("file", token.Required("file")), role = token.Required("role") is null ? null : token.Word("role");
            token.WarnUnknown();
            if (name is not null && file is not null && role is not null) tokens.Add(new AccessToken(name!, file!, role == "write"));
        }
        return new HttpAccess(tokens);
    }
}
