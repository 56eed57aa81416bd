using System.Net;
using System.Net.Sockets;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;
using Xunit;

namespace Drivers.Tests.Presets.Git;

/// <summary>Against a real server, that answers well, badly, late and never.</summary>
public sealed class GitOverHttpTests : IAsyncLifetime
{
    static readonly GitLimits Hasty = new() { Look = TimeSpan.FromSeconds(2), FirstAnswer = TimeSpan.FromMilliseconds(200), LongestPause = TimeSpan.Zero };

    readonly Sandbox _sandbox = new();
    WebServer _web = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _web = await WebServer.StartAsync(_sandbox);
        foreach (string name in (string[])["infra", "private/infra"])
        {
            _sandbox.Create(name);
            _sandbox.Commit(name, ("a.conf", "a"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    string Secret(string content)
    {
        string file = Path.Combine(_sandbox.Root, "secret");
        File.WriteAllText(file, content);
        return file;
    }

    async Task<string> ProblemAsync(GitRepositoryOptions options, GitLimits? limits = null) =>
        Assert.Single((await _sandbox.Driver(limits ?? Hasty, ("infra", options)).LoadAsync(Stop)).Problems);

    [Fact]
    public async Task It_is_fetched_in_the_open_with_passwords_with_tokens_and_over_TLS()
    {
        string secret = Secret(WebServer.Password + "\n");
        GitRepoDriver driver = _sandbox.Driver(new GitLimits(),
            ("open", new GitRepositoryOptions { Url = _web.Url("infra") }),
            ("password", new GitRepositoryOptions { Url = _web.UrlWithUser("private/infra", "ops", WebServer.Password) }),
            ("passwordfile", new GitRepositoryOptions { Url = $"http://ops@127.0.0.1:{_web.Http}/git/private/infra.git", PasswordFile = secret }),
            ("token", new GitRepositoryOptions { Url = _web.Url("private/infra"), TokenFile = secret }),
            ("tls", new GitRepositoryOptions { Url = $"https://127.0.0.1:{_web.Https}/git/private/infra.git", TokenFile = secret, CaFile = _web.CaFile }));
        PresetSnapshot snapshot = await driver.LoadAsync(Stop);
        Assert.Empty(snapshot.Problems);
        Assert.Equal(["open:a.conf", "password:a.conf", "passwordfile:a.conf", "tls:a.conf", "token:a.conf"], snapshot.Sources.Select(s => s.Origin));
        AssertNoSecretOnDisk();
    }

    void AssertNoSecretOnDisk()
    {
        foreach (string file in Directory.EnumerateFiles(_sandbox.CloneDir, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(WebServer.Password, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal);
        Assert.DoesNotContain(WebServer.Password, File.ReadAllText(_sandbox.CallLog), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_a_problem_without_the_password_and_a_replaced_file_mends_it()
    {
        string problem = await ProblemAsync(new GitRepositoryOptions { Url = _web.UrlWithUser("private/infra", "ops", "wr0ng/one") });
        Assert.Contains("Authentication failed", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", problem, StringComparison.Ordinal);

        GitRepoDriver driver = _sandbox.Driver(Hasty, ("token", new GitRepositoryOptions { Url = _web.Url("private/infra"), TokenFile = Secret("old") }));
        Assert.Contains("Authentication failed", Assert.Single((await driver.LoadAsync(Stop)).Problems), StringComparison.Ordinal);
        Secret(WebServer.Password);
        await Sandbox.LoadUntilAsync(driver, s => s.Problems.Count == 0 && s.Sources.Count == 1);
        File.Delete(Secret(""));
        await Sandbox.LoadUntilAsync(driver, s => s.Problems.Count == 1 && s.Problems[0].Contains("token_file can't be read", StringComparison.Ordinal) && s.Sources.Count == 1);
    }

    [Fact]
    public async Task A_certificate_that_is_expired_or_of_a_stranger_is_not_trusted()
    {
        Assert.Contains("certificate verification failed", await ProblemAsync(new GitRepositoryOptions { Url = $"https://127.0.0.1:{_web.Expired}/git/infra.git", CaFile = _web.CaFile }), StringComparison.Ordinal);
        Assert.Contains("certificate", await ProblemAsync(new GitRepositoryOptions { Url = $"https://127.0.0.1:{_web.Https}/git/infra.git" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_to_another_host_does_not_get_the_password()
    {
        string moved = $"http://127.0.0.1:{_web.Http}/moved/";
        PresetSnapshot snapshot = await _sandbox.Driver(Hasty, ("open", new GitRepositoryOptions { Url = moved + "infra.git", TokenFile = Secret(WebServer.Password) })).LoadAsync(Stop);
        Assert.Empty(snapshot.Problems);
        string problem = await ProblemAsync(new GitRepositoryOptions { Url = moved + "private/infra.git", TokenFile = Secret(WebServer.Password) });
        Assert.Contains("could not read Username", problem, StringComparison.Ordinal);
        Assert.DoesNotContain(await File.ReadAllLinesAsync(_web.AccessLog, Stop), line => line.Contains("Basic", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_goes_away_or_hangs_leaves_the_last_commit_in_force_and_holds_nobody_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string hanging = $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/git/infra.git";
        await using (GitRepoDriver first = _sandbox.Driver(Hasty, ("infra", new GitRepositoryOptions { Url = _web.Url("infra") }))) Assert.Single((await first.LoadAsync(Stop)).Sources);

        // After a restart: one that hangs and was fetched before, and one that answers.
        GitRepoDriver driver = _sandbox.Driver(Hasty, ("infra", new GitRepositoryOptions { Url = hanging }), ("well", new GitRepositoryOptions { Url = _web.Url("infra") }));
        PresetSnapshot snapshot = await driver.LoadAsync(Stop);
        Assert.Contains("it has not answered yet", Assert.Single(snapshot.Problems), StringComparison.Ordinal);
        Assert.Contains(snapshot.Sources, s => s.Origin == "infra:a.conf");
        await Sandbox.LoadUntilAsync(driver, s => s.Problems is [var problem] && problem.Contains("no answer within 2 s", StringComparison.Ordinal));
        _sandbox.Commit("infra", ("a.conf", "changed"));
        PresetSnapshot later = await Sandbox.LoadUntilAsync(driver, s => s.Sources.Any(x => x.Origin == "well:a.conf" && Sandbox.Text(x) == "changed"));
        Assert.Equal("a", Sandbox.Text(later.Sources.Single(s => s.Origin == "infra:a.conf")));

        await _web.DisposeAsync();
        PresetSnapshot down = await Sandbox.LoadUntilAsync(driver, s => s.Problems.Count == 2 && s.Problems[1].Contains("Failed to connect", StringComparison.Ordinal));
        Assert.Equal(2, down.Sources.Count);
    }

    [Fact]
    public async Task No_secret_is_seen_in_the_list_of_processes_while_a_slow_server_answers()
    {
        using var slow = new Relay(_web.Http, TimeSpan.FromMilliseconds(400));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var seen = new HashSet<string>();
        Task sampling = Task.Run(() => Sample(seen, stop.Token), Stop);
        GitRepoDriver driver = _sandbox.Driver(new GitLimits(), ("infra", new GitRepositoryOptions { Url = $"http://ops:{Uri.EscapeDataString(WebServer.Password)}@127.0.0.1:{slow.Port}/git/private/infra.git" }));
        PresetSnapshot snapshot = await driver.LoadAsync(Stop);
        await stop.CancelAsync();
        await sampling;

        Assert.Empty(snapshot.Problems);
        Assert.Single(snapshot.Sources);
        Assert.Contains(seen, text => text.Contains("remote-http", StringComparison.Ordinal) && text.Contains($"127.0.0.1:{slow.Port}", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, text => text.Contains(WebServer.Password, StringComparison.Ordinal) || text.Contains(Uri.EscapeDataString(WebServer.Password), StringComparison.Ordinal));
        AssertNoSecretOnDisk();
    }

    /// <summary>Arguments and environments of all processes, over and over. Our own environment is not among them.</summary>
    static void Sample(HashSet<string> seen, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(d[^1])))
            {
                foreach (string file in (string[])["cmdline", "environ"])
                {
                    try
                    {
                        seen.Add(File.ReadAllText(Path.Combine(process, file)));
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                    {
                        continue; // it has ended, or is nobody's
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Disposing_ends_a_look_that_hangs()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string port = $"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}";
        var driver = _sandbox.Driver(new GitLimits(), ("infra", new GitRepositoryOptions { Url = $"http://{port}/x.git" }));
        Task<PresetSnapshot> loading = driver.LoadAsync(Stop);
        using TcpClient connected = await silent.AcceptTcpClientAsync(Stop);
        await driver.DisposeAsync();
        await loading;
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(d[^1])).Select(CommandLine), line => line.Contains(port, StringComparison.Ordinal));
    }

    static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Hands bytes on, each way, after a pause.</summary>
    sealed class Relay : IDisposable
    {
        readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly CancellationTokenSource _stop = new();

        public Relay(int target, TimeSpan pause)
        {
            _listener.Start();
            _ = AcceptAsync(target, pause);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        async Task AcceptAsync(int target, TimeSpan pause)
        {
            while (!_stop.IsCancellationRequested)
            {
                TcpClient client;
                try
                {
                    client = await _listener.AcceptTcpClientAsync(_stop.Token);
                }
                catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
                {
                    return;
                }
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, target);
                _ = PumpAsync(client, server, pause);
                _ = PumpAsync(server, client, pause);
            }
        }

        async Task PumpAsync(TcpClient from, TcpClient to, TimeSpan pause)
        {
            byte[] buffer = new byte[64 * 1024];
            try
            {
                for (int n; (n = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0;)
                {
                    await Task.Delay(pause, _stop.Token);
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, n), _stop.Token);
                }
                to.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                to.Close();
            }
        }

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Dispose();
            _stop.Dispose();
        }
    }
}
