using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;
using Xunit;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Drivers.Tests.Presets.Git;

/// <summary>A directory with repositories made by the real git, and a place for clones. Gone when disposed.</summary>
public sealed class Sandbox : IAsyncDisposable
{
    readonly List<GitRepoDriver> _drivers = [];

    public string Root { get; } = Directory.CreateTempSubdirectory("vmshepherd-git-").FullName;

    public string CloneDir => Path.Combine(Root, "clones");

    /// <summary>What the wrapped git was called with, one call a line.</summary>
    public string CallLog => Path.Combine(Root, "calls");

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public string RepositoryPath(string name) => Path.Combine(Root, "srv", name + ".git");

    /// <summary>An empty bare repository that leaves out large files when asked.</summary>
    public string Create(string name, bool allowFilter = true)
    {
        string path = RepositoryPath(name);
        Run("init", "--quiet", "--bare", "--initial-branch=main", path);
        Run("-C", path, "config", "uploadpack.allowFilter", allowFilter ? "true" : "false");
        return path;
    }

    /// <summary>Replaces the whole content of a branch by these files. Path to text; a link is <c>"-> target"</c>, a submodule <c>"@ commit"</c>.</summary>
    public void Commit(string name, params (string Path, string Text)[] files) => Commit(name, "main", rewrite: false, files);

    public void Commit(string name, string branch, bool rewrite, params (string Path, string Text)[] files)
    {
        string path = RepositoryPath(name);
        using var stream = new MemoryStream();
        void Write(string text) => stream.Write(Encoding.UTF8.GetBytes(text));
        Write($"commit refs/heads/{branch}\nauthor A <a@example.org> 1700000000 +0100\ncommitter A <a@example.org> 1700009999 +0100\ndata 1\nm\n");
        if (!rewrite && File.Exists(Path.Combine(path, "refs/heads", branch))) Write($"from refs/heads/{branch}^0\n");
        Write("deleteall\n");
        foreach ((string file, string text) in files)
        {
            string quoted = "\"" + file.Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
            if (text.StartsWith("@ ", StringComparison.Ordinal))
            {
                Write($"M 160000 {text[2..]} {quoted}\n");
                continue;
            }
            bool isLink = text.StartsWith("-> ", StringComparison.Ordinal);
            string content = isLink ? text[3..] : text;
            Write(string.Create(CultureInfo.InvariantCulture, $"M {(isLink ? "120000" : "100644")} inline {quoted}\ndata {Encoding.UTF8.GetByteCount(content)}\n{content}\n"));
        }
        Run(stream.ToArray(), "-C", path, "fast-import", "--quiet", "--force");
    }

    /// <summary>Adds an object that is there already to the branch, under these names.</summary>
    public void AddToBranch(string name, string blob, params string[] paths)
    {
        string entries = string.Concat(paths.Select(path => $"M 100644 {blob} {path}\n"));
        Run(Encoding.UTF8.GetBytes($"commit refs/heads/main\ncommitter A <a@example.org> 1700009999 +0100\ndata 1\nm\nfrom refs/heads/main^0\n{entries}"), "-C", RepositoryPath(name), "fast-import", "--quiet", "--force");
    }

    public string Head(string name, string reference = "refs/heads/main") => Run("-C", RepositoryPath(name), "rev-parse", reference).Trim();

    public static string Run(params string[] arguments) => Run([], arguments);

    static string Run(byte[] input, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/git", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["GIT_CONFIG_GLOBAL"], start.Environment["GIT_CONFIG_NOSYSTEM"]) = ("/dev/null", "1");
        using Process git = Process.Start(start)!;
        git.StandardInput.BaseStream.Write(input);
        git.StandardInput.Close();
        string output = git.StandardOutput.ReadToEnd(), errors = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)}: {errors}");
        return output;
    }

    /// <summary>A driver that looks at every call of <c>LoadAsync</c> again, and counts its calls of git.</summary>
    internal GitRepoDriver Driver(GitLimits limits, params (string Name, GitRepositoryOptions Options)[] repositories)
    {
        string wrapper = Path.Combine(Root, "git");
        if (!File.Exists(wrapper))
        {
            File.WriteAllText(wrapper, $"#!/bin/sh\necho \"$*\" >>'{CallLog}'\nexec /usr/bin/git \"$@\"\n");
            File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        var options = new GitRepoOptions { Repositories = repositories.ToDictionary(r => r.Name, r => r.Options), CloneDir = CloneDir, PollInterval = TimeSpan.Zero };
        var driver = new GitRepoDriver(options, new DriverContext(TimeProvider.System, new Random(1), Root), limits, wrapper);
        _drivers.Add(driver);
        return driver;
    }

    internal GitRepoDriver Driver(string name) => Driver(new GitLimits { LongestPause = TimeSpan.Zero }, (name, new GitRepositoryOptions { Url = RepositoryPath(name) }));

    public int Calls => File.Exists(CallLog) ? File.ReadAllLines(CallLog).Length : 0;

    /// <summary>Loads until it is so: looks go on in the background.</summary>
    public static async Task<PresetSnapshot> LoadUntilAsync(GitRepoDriver driver, Func<PresetSnapshot, bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        PresetSnapshot? snapshot = null;
        try
        {
            while (!isSo(snapshot = await driver.LoadAsync(limit.Token))) await Task.Delay(20, limit.Token);
        }
        catch (OperationCanceledException) when (!Stop.IsCancellationRequested)
        {
            Assert.Fail($"not in 60 s; problems: {string.Join("; ", snapshot?.Problems ?? [])}; sources: {string.Join(", ", snapshot?.Sources.Select(s => s.Location) ?? [])}");
        }
        return snapshot;
    }

    public static string Text(PresetSource source) => Encoding.UTF8.GetString(((PresetContent.Yaml)source.Content!).Bytes.Span);

    /// <summary>Waits until somebody listens there, or the process that should is gone.</summary>
    public static async Task WaitForAsync(int port, Process server)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 500 && !server.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GitRepoDriver driver in _drivers) await driver.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
