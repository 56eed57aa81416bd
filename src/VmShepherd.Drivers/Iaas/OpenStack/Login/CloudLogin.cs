namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>Where to log in, as whom, for which project: all that decides what a token is and where it is sent. Equal logins share a connection.</summary>
sealed record CloudLogin
{
    public required Uri AuthUrl { get; init; }
    public Identity Identity { get; init; } = new();
    public ProjectScope Project { get; init; } = new();
    public string? Region { get; init; }
    public string Interface { get; init; } = "public";
    public TlsSettings Tls { get; init; } = new();

    /// <summary>Endpoints that are used in place of the catalog's.</summary>
    public string? ComputeEndpoint { get; init; }
    public string? ImageEndpoint { get; init; }
    public string? NetworkEndpoint { get; init; }

    /// <summary>Never the login itself.</summary>
    public override string ToString() => $"login at {AuthUrl}";

    /// <exception cref="ArgumentException">The options, or clouds.yaml, can't be a login; the message says what to change.</exception>
    public static CloudLogin From(OpenStackOptions options, string baseDirectory, Func<string, string?> environment)
    {
        OptionSet set = new(options, environment);
        CloudLogin login = set.Cloud is { } cloud
            ? set.Over(CloudsFile.Find(cloud, baseDirectory, environment))
            : set.Alone(baseDirectory);
        login.Identity.Check();
        return login;
    }

    /// <summary>As operators write it: with or without the version, with or without a slash at the end.</summary>
    internal static Uri AuthUrlFrom(string text, string key)
    {
        Uri url = UrlFrom(text, key);
        string path = url.AbsolutePath.TrimEnd('/');
        if (path.EndsWith("/v2.0", StringComparison.Ordinal)) path = path[..^5];
        return new Uri(url, path.EndsWith("/v3", StringComparison.Ordinal) ? path : path + "/v3");
    }

    internal static Uri UrlFrom(string text, string key)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Query.Length == 0) return url;

        // An address may hold a password: it is not repeated.
        throw new ArgumentException($"{key}: expected the URL of the service, as https://cloud.example:5000/v3, without user, password and query");
    }

    internal static string InterfaceFrom(string? text, string key) => (text ?? "public").Replace("URL", "", StringComparison.Ordinal) switch
    {
        "public" or "internal" or "admin" => text is null ? "public" : text.Replace("URL", "", StringComparison.Ordinal),
        _ => throw new ArgumentException($"{key}: expected public, internal or admin, this is '{text}'"),
    };
}

/// <summary>Who logs in: one of a user with a password, an application credential, or a token.</summary>
sealed record Identity
{
    public string? Username { get; init; }
    public string? UserId { get; init; }
    public string? Password { get; init; }
    public string? UserDomainName { get; init; }
    public string? UserDomainId { get; init; }
    public string? CredentialId { get; init; }
    public string? CredentialName { get; init; }
    public string? CredentialSecret { get; init; }
    public string? Token { get; init; }

    public bool IsCredential => CredentialSecret is not null;
    public bool IsToken => !IsCredential && Token is not null && Password is null;

    public override string ToString() => nameof(Identity);

    public void Check()
    {
        if (IsCredential)
        {
            if (CredentialId is null && (CredentialName is null || (Username ?? UserId) is null))
                throw new ArgumentException("application_credential_secret: give application_credential_id, too, or application_credential_name and username");
        }
        else if (Password is not null)
        {
            if ((Username ?? UserId) is null) throw new ArgumentException("password: give username (or user_id), too");
        }
        else if (Token is null)
        {
            throw new ArgumentException((Username ?? UserId) is null
                ? "username: is missing: give username and password, an application credential, a token, or cloud: the name of a login in clouds.yaml"
                : "password: is missing");
        }
    }
}

/// <summary>The project that a token shall be for.</summary>
sealed record ProjectScope
{
    public string? Name { get; init; }
    public string? Id { get; init; }
    public string? DomainName { get; init; }
    public string? DomainId { get; init; }

    public bool IsGiven => (Name ?? Id) is not null;
}

/// <summary>Whom to believe to be the cloud, and how to show who we are. Paths are absolute.</summary>
sealed record TlsSettings
{
    public string? CaFile { get; init; }
    public string? Certificate { get; init; }
    public string? Key { get; init; }
    public bool Insecure { get; init; }
}
