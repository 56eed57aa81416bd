using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack;

/// <summary>Options of <see cref="OpenStackDriver"/>.</summary>
public sealed class OpenStackOptions
{
    // A login of clouds.yaml brings its own address: like a secret it is not inherited by who sends secrets elsewhere.
    [Option("cloud", "Name of a login in clouds.yaml; it says where and who, in place of the options below.", Environment = "OS_CLOUD", Secret = true)]
    public string? Cloud { get; init; }

    [Option("auth_url", "URL of keystone, as https://cloud.example:5000/v3.", Environment = "OS_AUTH_URL", Endpoint = true)]
    public string? AuthUrl { get; init; }

    [Option("username", "Who logs in.", Environment = "OS_USERNAME")]
    public string? Username { get; init; }

    [Option("user_id", "Who logs in, by id; needs no domain.", Environment = "OS_USER_ID")]
    public string? UserId { get; init; }

    [Option("password", "The user's password.", Environment = "OS_PASSWORD", Secret = true)]
    public string? Password { get; init; }

    [Option("user_domain_name", "The user's domain; without it and user_domain_id, the domain `default`.", Environment = "OS_USER_DOMAIN_NAME")]
    public string? UserDomainName { get; init; }

    [Option("user_domain_id", "The user's domain, by id.", Environment = "OS_USER_DOMAIN_ID")]
    public string? UserDomainId { get; init; }

    [Option("project_name", "The project that the machines are in.", Environment = "OS_PROJECT_NAME")]
    public string? ProjectName { get; init; }

    [Option("project_id", "The project, by id; needs no domain.", Environment = "OS_PROJECT_ID")]
    public string? ProjectId { get; init; }

    [Option("project_domain_name", "The project's domain; without it and project_domain_id, the domain `default`.", Environment = "OS_PROJECT_DOMAIN_NAME")]
    public string? ProjectDomainName { get; init; }

    [Option("project_domain_id", "The project's domain, by id.", Environment = "OS_PROJECT_DOMAIN_ID")]
    public string? ProjectDomainId { get; init; }

    [Option("application_credential_id", "An application credential, in place of a user; it brings its project.", Environment = "OS_APPLICATION_CREDENTIAL_ID")]
    public string? ApplicationCredentialId { get; init; }

    [Option("application_credential_name", "An application credential by its name; needs its user, too.", Environment = "OS_APPLICATION_CREDENTIAL_NAME")]
    public string? ApplicationCredentialName { get; init; }

    [Option("application_credential_secret", "The application credential's secret.", Environment = "OS_APPLICATION_CREDENTIAL_SECRET", Secret = true)]
    public string? ApplicationCredentialSecret { get; init; }

    [Option("token", "A token, in place of a user; it can't be renewed when it expires.", Environment = "OS_TOKEN", Secret = true)]
    public string? Token { get; init; }

    [Option("region_name", "The region; needed when the catalog has several.", Environment = "OS_REGION_NAME")]
    public string? RegionName { get; init; }

    [Option("interface", "public, internal or admin: which addresses of the catalog to use.", Environment = "OS_INTERFACE")]
    public string? Interface { get; init; }

    [Option("compute_endpoint", "URL of nova, in place of the catalog's.", Aliases = ["compute_endpoint_override"], Endpoint = true)]
    public string? ComputeEndpoint { get; init; }

    [Option("image_endpoint", "URL of glance, in place of the catalog's.", Aliases = ["image_endpoint_override"], Endpoint = true)]
    public string? ImageEndpoint { get; init; }

    [Option("network_endpoint", "URL of neutron, in place of the catalog's.", Aliases = ["network_endpoint_override"], Endpoint = true)]
    public string? NetworkEndpoint { get; init; }

    [Option("ca_file", "Certificates (PEM) that the cloud's must come from; else the system's.", Aliases = ["cacert"], Environment = "OS_CACERT", Endpoint = true)]
    public string? CaFile { get; init; }

    [Option("client_certificate", "Our certificate (PEM), where the cloud asks for one.", Aliases = ["cert"], Environment = "OS_CERT")]
    public string? ClientCertificate { get; init; }

    [Option("client_key", "File of our certificate's key (PEM); else it is in client_certificate.", Aliases = ["key"], Environment = "OS_KEY")]
    public string? ClientKey { get; init; }

    [Option("insecure", "true: the cloud's certificate is not checked; whoever is in between gets the password.", Endpoint = true)]
    public bool Insecure { get; init; }

    [Option("image_owner_ids", "Projects whose images count; of several with one name, the newest of theirs is taken. Else all, and the name must be unique.")]
    public IReadOnlyList<string> ImageOwnerIds { get; init; } = [];

    [Option("http_timeout", "Seconds until a call must begin to be answered, and between two pieces of the answer. Of presets of one login that differ, the longest counts.", Min = 0.1, Max = 600)]
    public TimeSpan HttpTimeout { get; init; } = TimeSpan.FromSeconds(10);

    [Option("shutdown_grace_period", "Seconds before an announced shutdown (iaas_timed_shutdown) from which a machine is not counted, so that its successor starts.", Min = 0)]
    public TimeSpan ShutdownGracePeriod { get; init; } = TimeSpan.FromSeconds(900);

    [Option("calls_per_second", "Calls to one cloud a second, of all presets together. Of presets that differ, the lowest counts.", Min = 1, Max = 1000)]
    public double CallsPerSecond { get; init; } = 20;

    [Option("calls_in_flight", "Calls to one cloud under way at once, of all presets together. Of presets that differ, the lowest counts.", Min = 1, Max = 100)]
    public int CallsInFlight { get; init; } = 8;

    [Option("delete", "force: as forceDelete, past any soft delete of the cloud; normal: as delete.")]
    public string Delete { get; init; } = "force";

    [Option("server_group", "Name or id of a server group that machines are created in: its policy keeps them apart, or together.")]
    public string? ServerGroup { get; init; }

    [Option("volume_size", "GiB of a volume that is made of the image, booted from, and deleted with the machine; else the machine has its flavor's disk.", Min = 1, Max = 65_536)]
    public int? VolumeSize { get; init; }

    [Option("config_drive", "true: user data and metadata come on a drive, too, for networks without a metadata service.")]
    public bool ConfigDrive { get; init; }

    /// <summary>Never the options: they may hold secrets.</summary>
    public override string ToString() => nameof(OpenStackOptions);
}
