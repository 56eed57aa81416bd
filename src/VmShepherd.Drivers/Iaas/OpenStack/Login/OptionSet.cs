namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>
/// The options as a login. Beside a login of clouds.yaml only what is written in the settings counts: environment variables are another login,
/// and a file's password must not be sent where an option says.
/// </summary>
sealed class OptionSet(OpenStackOptions options, Func<string, string?> environment)
{
    /// <summary>
    /// The login of clouds.yaml that counts. What is written counts for more than the environment, as for other clients: settings with an address of their own are a
    /// login by themselves, whatever OS_CLOUD says.
    /// </summary>
    public string? Cloud => IsCloudWritten || Written(options.AuthUrl, "OS_AUTH_URL") is null ? options.Cloud : null;

    bool IsCloudWritten => Written(options.Cloud, "OS_CLOUD") is not null;

    public CloudLogin Alone(string baseDirectory) => new()
    {
        AuthUrl = CloudLogin.AuthUrlFrom(options.AuthUrl ?? throw new ArgumentException("auth_url: is missing: give the URL of keystone, or cloud: the name of a login in clouds.yaml"), "auth_url"),
        Identity = new Identity
        {
            Username = options.Username,
            UserId = options.UserId,
            Password = options.Password,
            UserDomainName = options.UserDomainName,
            UserDomainId = options.UserDomainId,
            CredentialId = options.ApplicationCredentialId,
            CredentialName = options.ApplicationCredentialName,
            CredentialSecret = options.ApplicationCredentialSecret,
            Token = options.Token,
        },
        Project = new ProjectScope { Name = options.ProjectName, Id = options.ProjectId, DomainName = options.ProjectDomainName, DomainId = options.ProjectDomainId },
        Region = options.RegionName,
        Interface = CloudLogin.InterfaceFrom(options.Interface, "interface"),
        ComputeEndpoint = Endpoint(options.ComputeEndpoint, "compute_endpoint"),
        ImageEndpoint = Endpoint(options.ImageEndpoint, "image_endpoint"),
        NetworkEndpoint = Endpoint(options.NetworkEndpoint, "network_endpoint"),
        Tls = new TlsSettings
        {
            CaFile = PathOf(options.CaFile, baseDirectory),
            Certificate = PathOf(options.ClientCertificate, baseDirectory),
            Key = PathOf(options.ClientKey, baseDirectory),
            Insecure = options.Insecure,
        },
    };

    public CloudLogin Over(CloudLogin file)
    {
        (string Key, string? Written)[] misplaced =
        [
            ("auth_url", Written(options.AuthUrl, "OS_AUTH_URL")),
            ("username", Written(options.Username, "OS_USERNAME")),
            ("user_id", Written(options.UserId, "OS_USER_ID")),
            ("password", Written(options.Password, "OS_PASSWORD")),
            ("user_domain_name", Written(options.UserDomainName, "OS_USER_DOMAIN_NAME")),
            ("user_domain_id", Written(options.UserDomainId, "OS_USER_DOMAIN_ID")),
            ("application_credential_id", Written(options.ApplicationCredentialId, "OS_APPLICATION_CREDENTIAL_ID")),
            ("application_credential_name", Written(options.ApplicationCredentialName, "OS_APPLICATION_CREDENTIAL_NAME")),
            ("application_credential_secret", Written(options.ApplicationCredentialSecret, "OS_APPLICATION_CREDENTIAL_SECRET")),
            ("token", Written(options.Token, "OS_TOKEN")),
            ("compute_endpoint", options.ComputeEndpoint),
            ("image_endpoint", options.ImageEndpoint),
            ("network_endpoint", options.NetworkEndpoint),
            ("ca_file", Written(options.CaFile, "OS_CACERT")),
            ("client_certificate", Written(options.ClientCertificate, "OS_CERT")),
            ("client_key", Written(options.ClientKey, "OS_KEY")),
            ("insecure", options.Insecure ? "true" : null),
        ];
        if (misplaced.FirstOrDefault(option => option.Written is not null).Key is { } key)
        {
            throw new ArgumentException(IsCloudWritten
                ? $"{key}: stands beside cloud, which takes all that decides where a password is sent from clouds.yaml: write it there, or remove cloud"
                : $"{key}: the variable OS_CLOUD names the login '{options.Cloud}' of clouds.yaml, which takes all that decides where a password is sent from there: write auth_url, too, and OS_CLOUD does not count, or unset OS_CLOUD");
        }

        var project = new ProjectScope
        {
            Name = Written(options.ProjectName, "OS_PROJECT_NAME"),
            Id = Written(options.ProjectId, "OS_PROJECT_ID"),
            DomainName = Written(options.ProjectDomainName, "OS_PROJECT_DOMAIN_NAME") ?? file.Project.DomainName,
            DomainId = Written(options.ProjectDomainId, "OS_PROJECT_DOMAIN_ID") ?? file.Project.DomainId,
        };
        return file with
        {
            Project = project.IsGiven ? project : file.Project,
            Region = Written(options.RegionName, "OS_REGION_NAME") ?? file.Region,
            Interface = Written(options.Interface, "OS_INTERFACE") is { } side ? CloudLogin.InterfaceFrom(side, "interface") : file.Interface,
        };
    }

    /// <summary>An option that only repeats its variable came from there.</summary>
    string? Written(string? value, string variable) => value is not null && value == environment(variable) ? null : value;

    static string? Endpoint(string? text, string key) => text is null ? null : CloudLogin.UrlFrom(text, key).ToString();

    static string? PathOf(string? path, string baseDirectory) => path is null ? null : Path.GetFullPath(path, baseDirectory);
}
