using System.Text;
using System.Text.RegularExpressions;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>A repository's address and how to get in: checked once, the secrets split off. What it says of itself has no secret in it.</summary>
sealed partial class GitRemote
{
    const int MaxSecret = 4096;

    /// <summary>Reads the credential that our own process hands down; a descriptor can be read once, and only git's question for this very server is answered.</summary>
    const string CredentialHelper = "!f() { test \"$1\" = get && cat <&9; }; f";

    readonly GitRepositoryOptions _options;
    readonly string _baseDirectory;
    readonly string _protocol;
    readonly string? _user;
    readonly string? _password;

    /// <exception cref="ArgumentException">What is wrong with the options, without the URL.</exception>
    internal GitRemote(string name, GitRepositoryOptions options, string baseDirectory)
    {
        (Name, _options, _baseDirectory) = (name, options, baseDirectory);
        if (!PlainName().IsMatch(name) || name.EndsWith(".git", StringComparison.Ordinal)) throw new ArgumentException($"repositories: '{Shown(name)}' can't be a name: letters, digits, '-', '_' and inner '.', at most 100 characters");
        (_protocol, Url, _user, _password) = Split(options.Url);
        Path = options.Path.Trim('/');
        if (Path.Any(char.IsControl) || Path.Split('/').Any(step => step is "." or ".." || (step.Length == 0 && Path.Length > 0))) throw Wrong("path", "must be a plain directory of the repository");
        if (options.Ref is { } reference && (!PlainRef().IsMatch(reference) || reference.Contains("..", StringComparison.Ordinal))) throw Wrong("ref", "is no name of a branch or tag");
        CheckFiles();
    }

    internal string Name { get; }

    /// <summary>Without user and password.</summary>
    internal string Url { get; }

    /// <summary>Of the presets, without slashes at its ends; empty = the top.</summary>
    internal string Path { get; }

    /// <summary>Full names, the first that exists counts.</summary>
    internal IReadOnlyList<string> Refs => _options.Ref switch
    {
        null or "HEAD" => ["HEAD"],
        ['r', 'e', 'f', 's', '/', ..] full => [full],
        var name => [$"refs/heads/{name}", $"refs/tags/{name}"],
    };

    /// <summary>All that tells its presets from those of another.</summary>
    internal string Place => $"{Name} ({string.Join(' ', new[] { Url, _options.Ref, Path }.Where(part => !string.IsNullOrEmpty(part)))})";

    public override string ToString() => Name;

    /// <summary>A call that reaches the server. Everything that steers git stands here: no file of the system, of the user or of the repository does.</summary>
    /// <exception cref="GitException">A file that holds a secret can't be read.</exception>
    internal GitCall Call(string home, IReadOnlyList<string> arguments, TimeSpan limit, int maxOutput, long maxFile)
    {
        (string Key, string Value)[] settings = [.. Settings()];
        Dictionary<string, string> environment = GitEnvironment.Make(home, settings);
        environment["GIT_ALLOW_PROTOCOL"] = _protocol == "http" ? "http:https" : _protocol;
        if (_protocol == "ssh") environment["GIT_SSH_COMMAND"] = SshCommand();
        // A user alone may be a token, as GitHub takes it: it is as secret as a password.
        string? secret = Secret() ?? (_user is null ? null : "");
        string user = _user ?? "x-access-token";
        return new GitCall(arguments, limit, maxOutput)
        {
            Environment = environment,
            Input = secret is null ? default : Encoding.UTF8.GetBytes($"username={user}\npassword={secret}\n"),
            MaxFile = maxFile,
            Secrets = secret is null ? [] : [.. secret.Length > 0 ? [secret, Uri.EscapeDataString(secret)] : (string[])[user], Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}"))],
        };
    }

    IEnumerable<(string Key, string Value)> Settings()
    {
        yield return ("remote.origin.url", Url);
        yield return ("http.followRedirects", "initial");
        yield return ("http.lowSpeedLimit", "1000");
        yield return ("http.lowSpeedTime", "15");
        if (_options.CaFile is { } ca) yield return ("http.sslCAInfo", Full(ca));
        // For this server alone: a redirect to another one is not answered with a password.
        if (_protocol is "http" or "https") yield return ($"credential.{new Uri(Url).GetLeftPart(UriPartial.Authority)}.helper", CredentialHelper);
    }

    string? Secret()
    {
        if ((_options.TokenFile ?? _options.PasswordFile) is not { } file) return _password;
        string text;
        try
        {
            using var stream = new FileStream(Full(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] bytes = new byte[MaxSecret + 1];
            int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            text = read <= MaxSecret ? Encoding.UTF8.GetString(bytes, 0, read).Trim() : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GitException($"{(_options.TokenFile is null ? "password_file" : "token_file")} can't be read: {e.Message}");
        }
        if (text.Length == 0 || text.Any(char.IsControl)) throw new GitException($"{Full(file)} must hold one line of at most {MaxSecret} bytes");
        return text;
    }

    string SshCommand()
    {
        // UpdateHostKeys would write to the user's own files.
        List<string> words = ["/usr/bin/ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=10", "-a", "-x"];
        if (_options.SshKeyFile is { } key) words.AddRange(["-i", Full(key), "-o", "IdentitiesOnly=yes"]);
        if (_options.KnownHostsFile is { } hosts) words.AddRange(["-o", $"UserKnownHostsFile=\"{Full(hosts)}\"", "-o", "GlobalKnownHostsFile=/dev/null"]);
        return string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
    }

    (string Protocol, string Url, string? User, string? Password) Split(string url)
    {
        if (url.Length == 0 || url.Any(char.IsControl)) throw Wrong("url", "is empty, or has control characters");
        if (!url.Contains("://", StringComparison.Ordinal))
        {
            if (url.Contains("::", StringComparison.Ordinal)) throw Wrong("url", "must be https, http, ssh, git or file");
            if (ShortSsh().IsMatch(url)) return ("ssh", url, null, null);
            if (url.StartsWith('-')) throw Wrong("url", "may not begin with '-'");
            return ("file", System.IO.Path.GetFullPath(System.IO.Path.Combine(_baseDirectory, url)), null, null);
        }
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address)) throw Wrong("url", "is no valid URL (special characters in a password are written as %XX)");
        if (address.Scheme is not ("https" or "http" or "ssh" or "git" or "file")) throw Wrong("url", "must be https, http, ssh, git or file");
        if (address.Scheme == "file") return address.Host.Length == 0 ? ("file", url, null, null) : throw Wrong("url", "file:// needs a path of this machine");
        if (address.Host.StartsWith('-') || address.Host.Length == 0 || address.UserInfo.StartsWith('-')) throw Wrong("url", "needs a host");

        string[] userinfo = address.UserInfo.Split(':', 2);
        string? user = userinfo[0].Length > 0 ? Uri.UnescapeDataString(userinfo[0]) : null;
        string? password = userinfo.Length > 1 ? Uri.UnescapeDataString(userinfo[1]) : null;
        if ((user + password).Any(char.IsControl)) throw Wrong("url", "has control characters in user or password");
        if (address.Scheme == "ssh")
            return password is null ? ("ssh", url, null, null) : throw Wrong("url", "has a password, which ssh takes from nobody: use ssh_key_file");
        return (address.Scheme, address.UserInfo.Length == 0 ? url : address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped), user, password);
    }

    void CheckFiles()
    {
        bool isHttp = _protocol is "http" or "https";
        foreach ((string key, string? file, bool fits, string need) in (ReadOnlySpan<(string, string?, bool, string)>)[
            ("token_file", _options.TokenFile, isHttp, "an http(s) URL"), ("password_file", _options.PasswordFile, isHttp && _user is not null, "an http(s) URL that names the user"),
            ("ssh_key_file", _options.SshKeyFile, _protocol == "ssh", "an ssh URL"), ("known_hosts_file", _options.KnownHostsFile, _protocol == "ssh", "an ssh URL"), ("ca_file", _options.CaFile, isHttp, "an https URL")])
        {
            if (file is null) continue;
            if (!fits) throw Wrong(key, $"needs {need}");
            if (file.AsSpan().IndexOfAny("\"%$\\\n") >= 0) throw Wrong(key, "may not contain any of \" % $ \\");
        }
        if (_options.TokenFile is not null && _options.PasswordFile is not null) throw Wrong("token_file", "and password_file can't both be the password");
        if (_password is not null && (_options.TokenFile ?? _options.PasswordFile) is not null) throw Wrong("url", "has a password, and so has a file: remove one of them");
    }

    string Full(string file) => System.IO.Path.GetFullPath(System.IO.Path.Combine(_baseDirectory, file));

    static string Shown(string name) => string.Concat(name.Where(c => !char.IsControl(c)).Take(60));

    ArgumentException Wrong(string key, string reason) => new($"repositories.{Name}.{key} {reason}");

    [GeneratedRegex(@"\A[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?\z")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_./+@=#%-]{0,254}\z")]
    private static partial Regex PlainRef();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:[^:-].*\z")]
    private static partial Regex ShortSsh();
}
