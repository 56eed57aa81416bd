using System.Diagnostics;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;
using Xunit;

namespace Drivers.Tests.Presets.Git;

/// <summary>Over a real sshd of our own: its configuration, its keys, a free port.</summary>
public sealed class GitOverSshTests : IAsyncLifetime
{
    readonly Sandbox _sandbox = new();
    readonly int _port = Ports.Free();
    Process? _sshd;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    string In(string name) => Path.Combine(_sandbox.Root, name);

    public async ValueTask InitializeAsync()
    {
        const string Program = "/usr/sbin/sshd";
        Assert.True(File.Exists(Program), $"{Program} is needed: scripts/install-test-tools");
        foreach (string key in (string[])["host", "key with blank", "stranger"]) Run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", In(key));
        File.Copy(In("key with blank.pub"), In("authorized"));
        await File.WriteAllTextAsync(In("known"), $"[127.0.0.1]:{_port} {await File.ReadAllTextAsync(In("host.pub"), Stop)}", Stop);
        await File.WriteAllTextAsync(In("known-other"), $"[127.0.0.1]:{_port} {await File.ReadAllTextAsync(In("stranger.pub"), Stop)}", Stop);
        await File.WriteAllTextAsync(In("sshd_config"), $"""
            Port {_port}
            ListenAddress 127.0.0.1
            HostKey {In("host")}
            PidFile none
            AuthorizedKeysFile {In("authorized")}
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin yes
            """, Stop);
        // Debian's sshd insists on it when it runs as root; there its service makes it.
        if (Environment.UserName == "root") Directory.CreateDirectory("/run/sshd");
        _sshd = Process.Start(new ProcessStartInfo(Program, ["-D", "-e", "-f", In("sshd_config")]) { RedirectStandardError = true })!;
        _sshd.ErrorDataReceived += (_, _) => { };
        _sshd.BeginErrorReadLine();
        await Sandbox.WaitForAsync(_port, _sshd);
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_sshd is { HasExited: false }) _sshd.Kill(entireProcessTree: true);
        _sshd?.Dispose();
        await _sandbox.DisposeAsync();
    }

    static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    GitRepositoryOptions Options(string key, string known) =>
        new() { Url = $"ssh://{Environment.UserName}@127.0.0.1:{_port}{_sandbox.RepositoryPath("infra")}", SshKeyFile = key, KnownHostsFile = known };

    [Fact]
    public async Task It_is_fetched_with_a_key_from_a_known_host()
    {
        string known = await File.ReadAllTextAsync(In("known"), Stop);
        PresetSnapshot snapshot = await _sandbox.Driver(new GitLimits(), ("infra", Options("key with blank", "known"))).LoadAsync(Stop);
        Assert.Empty(snapshot.Problems);
        Assert.Equal("a", Sandbox.Text(Assert.Single(snapshot.Sources)));
        Assert.Equal(known, await File.ReadAllTextAsync(In("known"), Stop));
    }

    [Theory]
    [InlineData("stranger", "known", "Permission denied")]
    [InlineData("key with blank", "known-other", "Host key verification failed")]
    [InlineData("key with blank", "none", "Host key verification failed")]
    public async Task A_wrong_key_and_an_unknown_host_are_problems(string key, string known, string reason)
    {
        PresetSnapshot snapshot = await _sandbox.Driver(new GitLimits(), ("infra", Options(key, known))).LoadAsync(Stop);
        Assert.Contains(reason, Assert.Single(snapshot.Problems), StringComparison.Ordinal);
        Assert.False(File.Exists(In("none")));
    }
}
