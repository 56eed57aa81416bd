using System.Globalization;

namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>
/// <c>clouds.yaml</c> and, over it, <c>secure.yaml</c>, as other OpenStack clients read them: the file that OS_CLIENT_CONFIG_FILE names, else the first
/// of the working directory, the settings' directory, ~/.config/openstack and /etc/openstack.
/// </summary>
static class CloudsFile
{
    static readonly string[] Endings = [".yaml", ".yml", ".json"];

    const long LongestFile = 1024 * 1024;

    /// <exception cref="ArgumentException">There is no such login, or it can't be read.</exception>
    public static CloudLogin Find(string cloud, string baseDirectory, Func<string, string?> environment)
    {
        string? path = Locate("clouds", environment("OS_CLIENT_CONFIG_FILE"), baseDirectory, environment);
        if (path is null)
        {
            throw new ArgumentException(
                $"cloud: there is no clouds.yaml in {string.Join(", ", Directories(baseDirectory, environment))}, and OS_CLIENT_CONFIG_FILE names none");
        }

        PlainMap clouds = Clouds(path);
        if (!clouds.Maps.TryGetValue(cloud, out PlainMap? found))
            throw new ArgumentException($"cloud: {path} has no login '{cloud}': there are {(clouds.Maps.Count == 0 ? "none" : string.Join(", ", clouds.Maps.Keys.Order(StringComparer.Ordinal)))}");
        if (Locate("secure", environment("OS_CLIENT_SECURE_FILE"), baseDirectory, environment) is { } secure && Clouds(secure).Maps.TryGetValue(cloud, out PlainMap? secrets))
            found = found.Under(secrets);
        return LoginFrom(found, $"{path}: clouds.{cloud}", Path.GetDirectoryName(path)!);
    }

    static CloudLogin LoginFrom(PlainMap cloud, string at, string directory)
    {
        PlainMap auth = cloud.Maps.GetValueOrDefault("auth") ?? new PlainMap();
        if (auth["auth_url"] is not { } url)
        {
            throw new ArgumentException((cloud["profile"] ?? cloud["cloud"]) is not null
                ? $"{at} has no auth.auth_url: profiles of vendors are not known here, write the URL out"
                : $"{at} has no auth.auth_url");
        }

        string? kind = cloud["auth_type"];
        bool byCredential = kind is null ? auth["application_credential_secret"] is not null : kind.Contains("applicationcredential", StringComparison.OrdinalIgnoreCase);
        bool byToken = kind?.EndsWith("token", StringComparison.OrdinalIgnoreCase) ?? (auth["token"] is not null && auth["password"] is null);
        if (kind is not null && !byCredential && !byToken && !kind.EndsWith("password", StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"{at}.auth_type: '{kind}' is not known here: password, token and v3applicationcredential are");

        return new CloudLogin
        {
            AuthUrl = CloudLogin.AuthUrlFrom(url, $"{at}.auth.auth_url"),
            Identity = new Identity
            {
                Username = auth["username"],
                UserId = auth["user_id"],
                Password = byCredential || byToken ? null : auth["password"],
                UserDomainName = auth["user_domain_name"] ?? auth["domain_name"],
                UserDomainId = auth["user_domain_id"] ?? auth["domain_id"] ?? auth["default_domain"],
                CredentialId = byCredential ? auth["application_credential_id"] : null,
                CredentialName = byCredential ? auth["application_credential_name"] : null,
                CredentialSecret = byCredential ? auth["application_credential_secret"] : null,
                Token = byToken ? auth["token"] : null,
            },
            Project = new ProjectScope
            {
                Name = auth["project_name"] ?? auth["tenant_name"],
                Id = auth["project_id"] ?? auth["tenant_id"],
                DomainName = auth["project_domain_name"] ?? auth["domain_name"],
                DomainId = auth["project_domain_id"] ?? auth["domain_id"] ?? auth["default_domain"],
            },
            Region = cloud["region_name"] ?? cloud.FirstOf("regions"),
            Interface = CloudLogin.InterfaceFrom(cloud["interface"] ?? cloud["endpoint_type"], $"{at}.interface"),
            ComputeEndpoint = Endpoint(cloud, at, "compute_endpoint_override"),
            ImageEndpoint = Endpoint(cloud, at, "image_endpoint_override"),
            NetworkEndpoint = Endpoint(cloud, at, "network_endpoint_override"),
            Tls = new TlsSettings
            {
                CaFile = PathOf(cloud["cacert"], directory),
                Certificate = PathOf(cloud["cert"], directory),
                Key = PathOf(cloud["key"], directory),
                Insecure = cloud["verify"]?.ToLower(CultureInfo.InvariantCulture) is "false" or "no" or "off" or "0",
            },
        };
    }

    static string? Endpoint(PlainMap cloud, string at, string key) => cloud[key] is { } text ? CloudLogin.UrlFrom(text, $"{at}.{key}").ToString() : null;

    static string? PathOf(string? path, string directory) => path is null ? null
        : Path.GetFullPath(path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home(Environment.GetEnvironmentVariable), path[2..]) : path, directory);

    static PlainMap Clouds(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Length > LongestFile) throw new ArgumentException($"cloud: {path} is longer than {LongestFile} bytes");
            return PlainMap.Read(File.ReadAllText(path)).Maps.GetValueOrDefault("clouds") ?? new PlainMap();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new ArgumentException($"cloud: {path} can't be read: {unreadable.Message}", unreadable);
        }
    }

    static string? Locate(string name, string? named, string baseDirectory, Func<string, string?> environment) => named is { Length: > 0 }
        ? Path.GetFullPath(named)
        : Directories(baseDirectory, environment).SelectMany(directory => Endings.Select(ending => Path.Combine(directory, name + ending))).FirstOrDefault(File.Exists);

    static IEnumerable<string> Directories(string baseDirectory, Func<string, string?> environment) =>
        new[] { Directory.GetCurrentDirectory(), Path.GetFullPath(baseDirectory), Path.Combine(environment("XDG_CONFIG_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(Home(environment), ".config"), "openstack"), "/etc/openstack" }.Distinct();

    static string Home(Func<string, string?> environment) => environment("HOME") is { Length: > 0 } home ? home : "/";
}
