using System.Text;
using VmShepherd.Drivers.Presets.Git;
using Xunit;

namespace Drivers.Tests.Presets.Git;

/// <summary>What an address may be, and what becomes of the secrets in it.</summary>
public sealed class GitRemoteTests
{
    static GitCall Call(GitRepositoryOptions options) => new GitRemote("infra", options, "/base").Call("/clones/infra", ["ls-remote", "origin"], TimeSpan.FromSeconds(1), 1, 1);

    [Theory]
    [InlineData("https://me:p%40ss%2Fw@git.example:8443/a/b.git", "https://git.example:8443/a/b.git", "username=me\npassword=p@ss/w\n")]
    [InlineData("https://t0ken@git.example/a.git", "https://git.example/a.git", "username=t0ken\npassword=\n")]
    [InlineData("http://git.example/a.git", "http://git.example/a.git", "")]
    [InlineData("ssh://git@git.example:22/a.git", "ssh://git@git.example:22/a.git", "")]
    [InlineData("git@git.example:group/a.git", "git@git.example:group/a.git", "")]
    [InlineData("file:///srv/a.git", "file:///srv/a.git", "")]
    [InlineData("/srv/a.git", "/srv/a.git", "")]
    [InlineData("repos/a.git", "/base/repos/a.git", "")]
    public void Secrets_are_split_off(string url, string expected, string credential)
    {
        GitCall call = Call(new GitRepositoryOptions { Url = url });
        Assert.Contains(call.Environment, variable => variable.Value == expected);
        Assert.Equal(credential, Encoding.UTF8.GetString(call.Input.Span));
        foreach (string secret in (string[])["p@ss", "p%40ss", "t0ken"]) Assert.DoesNotContain(call.Environment.Values.Concat(call.Arguments), text => text.Contains(secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ext::sh -c touch% /tmp/x")]
    [InlineData("fd::3")]
    [InlineData("--upload-pack=touch x")]
    [InlineData("-oProxyCommand=x:y")]
    [InlineData("ssh://-oProxyCommand=x/y")]
    [InlineData("ssh://me:secret@host/y")]
    [InlineData("ftp://me:secret@host/y")]
    [InlineData("https://me:se/cret@host/y")]
    [InlineData("https://me:secret@/y")]
    [InlineData("file://secret@host/y")]
    [InlineData("")]
    [InlineData("https://host/\nx")]
    public void What_git_would_run_or_misread_is_refused_without_showing_it(string url)
    {
        string message = Assert.Throws<ArgumentException>(() => Call(new GitRepositoryOptions { Url = url })).Message;
        Assert.StartsWith("repositories.infra.url ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("-x")]
    [InlineData("")]
    [InlineData("a.git")]
    [InlineData("a b")]
    public void A_name_cannot_leave_the_directory(string name) =>
        Assert.Contains("can't be a name", Assert.Throws<ArgumentException>(() => new GitRemote(name, new GitRepositoryOptions { Url = "/srv/x" }, "/base")).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_that_contradict_each_other_are_named()
    {
        foreach ((string key, GitRepositoryOptions options) in ((string, GitRepositoryOptions)[])[
            ("ref", new() { Url = "/x", Ref = "--all" }), ("ref", new() { Url = "/x", Ref = "a:b" }), ("ref", new() { Url = "/x", Ref = "a..b" }), ("path", new() { Url = "/x", Path = "../y" }), ("path", new() { Url = "/x", Path = "a//b" }),
            ("token_file", new() { Url = "/x", TokenFile = "t" }), ("password_file", new() { Url = "https://h/x", PasswordFile = "t" }), ("token_file", new() { Url = "https://me@h/x", PasswordFile = "t", TokenFile = "t" }),
            ("url", new() { Url = "https://me:pw@h/x", TokenFile = "t" }), ("ssh_key_file", new() { Url = "https://h/x", SshKeyFile = "k" }), ("ca_file", new() { Url = "git@h:x", CaFile = "k" }), ("known_hosts_file", new() { Url = "git@h:x", KnownHostsFile = "a\"b" })])
            Assert.StartsWith($"repositories.infra.{key} ", Assert.Throws<ArgumentException>(() => new GitRemote("infra", options, "/base")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_server_repeats_is_taken_out_of_messages()
    {
        GitCall call = Call(new GitRepositoryOptions { Url = "https://me:hunter%2F2@git.example/x" });
        string sent = Convert.ToBase64String(Encoding.UTF8.GetBytes("me:hunter/2"));
        string message = GitMessage.Of(Encoding.UTF8.GetBytes($"remote: no hunter/2, no hunter%2F2, no {sent}\u001b[2J\nfatal: no\n"), 128, call.Secrets);
        Assert.Equal("remote: no ***, no ***, no ***[2J; fatal: no", message);
    }

    [Fact]
    public void The_environment_is_ours_alone()
    {
        IReadOnlyDictionary<string, string> environment = Call(new GitRepositoryOptions { Url = "git@git.example:x", SshKeyFile = "it's", KnownHostsFile = "known" }).Environment;
        Assert.Equal(("0", "1", "/dev/null", "ssh", "/clones/infra"), (environment["GIT_TERMINAL_PROMPT"], environment["GIT_CONFIG_NOSYSTEM"], environment["GIT_CONFIG_GLOBAL"], environment["GIT_ALLOW_PROTOCOL"], environment["HOME"]));
        Assert.Contains("'-i' '/base/it'\\''s' '-o' 'IdentitiesOnly=yes' '-o' 'UserKnownHostsFile=\"/base/known\"'", environment["GIT_SSH_COMMAND"], StringComparison.Ordinal);
        Assert.DoesNotContain("SSH_AUTH_SOCK", environment.Keys);
    }
}
