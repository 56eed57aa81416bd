using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>Options of <see cref="GitRepoDriver"/>.</summary>
public sealed class GitRepoOptions
{
    [Option("repositories", "Repositories by name: a URL, or a map with url and more. The presets of NAME are called NAME.preset.", Required = true)]
    public IReadOnlyDictionary<string, GitRepositoryOptions> Repositories { get; init; } = new Dictionary<string, GitRepositoryOptions>();

    [Option("clone_dir", "The private directory that clones are kept in, relative to the settings file's.")]
    public string CloneDir { get; init; } = Path.Combine(Path.GetTempPath(), "vmshepherd");

    [Option("poll_interval", "Seconds from one look at a repository to the next.", Min = 1, Max = 86400)]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>One repository. Files are relative to the settings file's directory and read at every look, so that they can be replaced.</summary>
public sealed class GitRepositoryOptions
{
    [Option("url", "https, http, ssh, git or file URL, HOST:PATH for ssh, or a path; user:password@ is split off and never shown.", Required = true)]
    public string Url { get; init; } = "";

    [Option("ref", "Branch, tag, or full name of a ref; else what the server's HEAD is.")]
    public string? Ref { get; init; }

    [Option("path", "The directory of the repository that holds the presets and the files they name.")]
    public string Path { get; init; } = "";

    [Option("token_file", "Holds an access token for https.")]
    public string? TokenFile { get; init; }

    [Option("password_file", "Holds the password of the user that the URL names.")]
    public string? PasswordFile { get; init; }

    [Option("ssh_key_file", "Private key for ssh.")]
    public string? SshKeyFile { get; init; }

    [Option("known_hosts_file", "Host keys that ssh trusts, and no others.")]
    public string? KnownHostsFile { get; init; }

    [Option("ca_file", "Certificates (PEM) that https trusts, and no others.")]
    public string? CaFile { get; init; }

    /// <summary>Never the URL: it may hold a password.</summary>
    public override string ToString() => nameof(GitRepositoryOptions);
}
