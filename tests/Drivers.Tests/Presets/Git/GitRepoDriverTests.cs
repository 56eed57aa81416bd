using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;
using Xunit;

namespace Drivers.Tests.Presets.Git;

/// <summary>What a commit says, with the real git over a repository on the same disk.</summary>
public sealed class GitRepoDriverTests : IAsyncDisposable
{
    readonly Sandbox _sandbox = new();

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    [Fact]
    public async Task Conf_files_at_the_top_are_presets_and_know_their_commit()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("web.conf", "name: web"), ("Db.conf", "name: db"), (".hidden.conf", "x"), ("readme.md", "x"), ("sub/x.conf", "x"), ("a.conf~", "x"));
        string head = _sandbox.Head("infra");
        PresetSnapshot snapshot = await _sandbox.Driver("infra").LoadAsync(Stop);

        Assert.Empty(snapshot.Problems);
        Assert.Equal(["infra:Db.conf", "infra:web.conf"], snapshot.Sources.Select(s => s.Origin));
        PresetSource web = snapshot.Sources[1];
        Assert.Equal(("name: web", "infra.", $"infra@{head[..12]}:web.conf"), (Sandbox.Text(web), web.NamePrefix, web.Location));
        Assert.Equal(new SourceCommit(head, DateTimeOffset.FromUnixTimeSeconds(1700000000)), web.Commit);
    }

    [Fact]
    public async Task Two_thousand_presets_take_five_calls_of_git_and_no_change_takes_one()
    {
        _sandbox.Create("infra");
        (string, string)[] files = [.. Enumerable.Range(0, 2000).Select(i => ($"p{i:0000}.conf", $"name: p{i}\ncount: 1\n"))];
        _sandbox.Commit("infra", files);
        GitRepoDriver driver = _sandbox.Driver("infra");
        PresetSnapshot first = await driver.LoadAsync(Stop);
        Assert.Equal(2000, first.Sources.Count);
        Assert.All(first.Sources, s => Assert.NotNull(s.Content));
        await AtRestAsync(driver, first);
        int before = _sandbox.Calls;

        long start = Stopwatch.GetTimestamp();
        await AtRestAsync(driver, first);
        TestContext.Current.TestOutputHelper?.WriteLine($"calls until served at rest: {before}, a look without change took {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        Assert.All(File.ReadAllLines(_sandbox.CallLog).Skip(5), line => Assert.Equal("ls-remote origin HEAD", line));
        Assert.Equal(["ls-remote", "--git-dir", "ls-tree", "cat-file", "cat-file"], File.ReadAllLines(_sandbox.CallLog).Take(5).Select(line => line.Split(' ')[0]));
    }

    /// <summary>Two more looks have come to their end, and nothing has changed.</summary>
    async Task AtRestAsync(GitRepoDriver driver, PresetSnapshot expected)
    {
        int calls = _sandbox.Calls;
        while (_sandbox.Calls < calls + 2)
        {
            Assert.Same(expected, await driver.LoadAsync(Stop));
            await Task.Delay(10, Stop);
        }
    }

    [Fact]
    public async Task A_look_that_was_asked_for_sees_what_is_there_now_and_a_new_commit_is_told()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"));
        await using var driver = new GitRepoDriver(
            new GitRepoOptions { Repositories = new Dictionary<string, GitRepositoryOptions> { ["infra"] = new() { Url = _sandbox.RepositoryPath("infra") } }, CloneDir = _sandbox.CloneDir, PollInterval = TimeSpan.FromHours(1) },
            new DriverContext(TimeProvider.System, new Random(1), _sandbox.Root));
        await driver.LoadAsync(Stop);
        int told = 0;
        driver.Changed += () => Interlocked.Increment(ref told);
        await driver.LookAgainAsync(Stop);
        Assert.Equal(0, told);

        _sandbox.Commit("infra", ("a.conf", "A"));
        await driver.LookAgainAsync(Stop);
        Assert.Equal(1, told);
        Assert.Equal("A", Sandbox.Text((await driver.LoadAsync(Stop)).Sources[0]));
    }

    [Fact]
    public async Task A_commit_that_leaves_a_preset_alone_leaves_its_revision_alone()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"), ("b.conf", "b"));
        GitRepoDriver driver = _sandbox.Driver("infra");
        PresetSnapshot first = await driver.LoadAsync(Stop);
        _sandbox.Commit("infra", ("a.conf", "a"), ("b.conf", "B"));
        PresetSnapshot second = await Sandbox.LoadUntilAsync(driver, s => s.Revision != first.Revision);

        Assert.Equal(first.Sources[0].Revision, second.Sources[0].Revision);
        Assert.NotEqual(first.Sources[1].Revision, second.Sources[1].Revision);
        Assert.Equal(["a", "B"], second.Sources.Select(Sandbox.Text));
        Assert.NotEqual(first.Sources[0].Commit, second.Sources[0].Commit);
        Assert.Equal(first.Sources[0].Origin, second.Sources[0].Origin);
    }

    [Fact]
    public async Task A_rewritten_history_is_followed_and_old_commits_are_removed()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "one"));
        GitRepoDriver driver = _sandbox.Driver("infra");
        await driver.LoadAsync(Stop);
        foreach (string text in (string[])["two", "three", "four"])
        {
            _sandbox.Commit("infra", "main", rewrite: true, ("a.conf", text));
            await Sandbox.LoadUntilAsync(driver, s => Sandbox.Text(Assert.Single(s.Sources)) == text);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.InRange(Directory.GetDirectories(Path.Combine(_sandbox.CloneDir, "infra"), "*.git").Length, 1, 3);
        Assert.Equal(_sandbox.Head("infra"), File.ReadAllText(Path.Combine(_sandbox.CloneDir, "infra", "current")).Trim());
    }

    [Fact]
    public async Task Trouble_is_told_of_the_repository_that_has_it_and_of_no_other()
    {
        _sandbox.Create("up");
        _sandbox.Commit("up", ("a.conf", "a"));
        GitRepoDriver driver = _sandbox.Driver(new GitLimits { LongestPause = TimeSpan.Zero },
            ("down", new GitRepositoryOptions { Url = _sandbox.RepositoryPath("down") }), ("up", new GitRepositoryOptions { Url = _sandbox.RepositoryPath("up") }));
        PresetSnapshot snapshot = await driver.LoadAsync(Stop);
        Assert.Single(snapshot.Problems);
        Assert.Equal(["down:"], snapshot.TroubledOrigins);
        Assert.Equal("up:a.conf", Assert.Single(snapshot.Sources).Origin);
    }

    [Fact]
    public async Task A_clone_that_was_damaged_between_two_runs_is_fetched_anew()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"));
        await RunOnceAsync();
        string clone = Assert.Single(Directory.GetDirectories(Path.Combine(_sandbox.CloneDir, "infra"), "*.git"));
        while (IsHeld(Path.Combine(clone, "held")))
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(10, Stop);
        }

        foreach (string pack in Directory.GetFiles(Path.Combine(clone, "objects", "pack")))
        {
            File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(pack, ""); // as power leaves it that is lost behind a write
        }

        PresetSnapshot snapshot = await _sandbox.Driver("infra").LoadAsync(Stop);
        Assert.True(snapshot.Problems.Count == 0, string.Join('|', snapshot.Problems));
        Assert.Equal("a", Sandbox.Text(Assert.Single(snapshot.Sources)));
    }

    static bool IsHeld(string file)
    {
        try
        {
            using var alone = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>A run of its own, of which nothing stays reachable.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    async Task RunOnceAsync()
    {
        var options = new GitRepoOptions { Repositories = new Dictionary<string, GitRepositoryOptions> { ["infra"] = new() { Url = _sandbox.RepositoryPath("infra") } }, CloneDir = _sandbox.CloneDir };
        await using var driver = new GitRepoDriver(options, new DriverContext(TimeProvider.System, new Random(1), _sandbox.Root));
        Assert.Single((await driver.LoadAsync(Stop)).Sources);
    }

    [Fact]
    public async Task A_clone_that_was_damaged_is_said_while_the_server_is_down()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"));
        await RunOnceAsync();
        Directory.Delete(Path.Combine(Assert.Single(Directory.GetDirectories(Path.Combine(_sandbox.CloneDir, "infra"), "*.git")), "objects", "pack"), recursive: true);
        Directory.Move(_sandbox.RepositoryPath("infra"), _sandbox.RepositoryPath("gone"));

        Assert.Contains("what was fetched before can't be read either", Assert.Single((await _sandbox.Driver("infra").LoadAsync(Stop)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_a_tag_and_a_directory_can_be_chosen()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "main"));
        _sandbox.Commit("infra", "prod", rewrite: false, ("presets/eu/a.conf", "prod"), ("presets/eu/userdata", "hello"), ("b.conf", "x"), ("secret", "x"));
        Sandbox.Run("-C", _sandbox.RepositoryPath("infra"), "-c", "user.name=t", "-c", "user.email=t@example.org", "tag", "-m", "t", "v1", "refs/heads/prod");
        _sandbox.Commit("infra", "prod", rewrite: false, ("presets/eu/a.conf", "later"));
        string url = _sandbox.RepositoryPath("infra");
        GitRepoDriver driver = _sandbox.Driver(new GitLimits(),
            ("branch", new GitRepositoryOptions { Url = url, Ref = "prod", Path = "presets/eu" }), ("tag", new GitRepositoryOptions { Url = url, Ref = "v1", Path = "/presets/eu/" }),
            ("full", new GitRepositoryOptions { Url = url, Ref = "refs/heads/main" }), ("gone", new GitRepositoryOptions { Url = url, Ref = "nothing" }), ("nodir", new GitRepositoryOptions { Url = url, Path = "presets" }));
        PresetSnapshot snapshot = await driver.LoadAsync(Stop);

        Assert.Equal(["branch:presets/eu/a.conf later", "full:a.conf main", "tag:presets/eu/a.conf prod"], snapshot.Sources.Select(s => $"{s.Origin} {Sandbox.Text(s)}"));
        Assert.Equal(_sandbox.Head("infra", "v1^{commit}"), snapshot.Sources[2].Commit!.Id);
        Assert.Contains(snapshot.Problems, p => p.Contains("repository gone", StringComparison.Ordinal) && p.Contains("there is no refs/heads/nothing or refs/tags/nothing", StringComparison.Ordinal));
        Assert.Contains(snapshot.Problems, p => p.Contains("repository nodir", StringComparison.Ordinal) && p.Contains("no directory 'presets'", StringComparison.Ordinal));
        IPresetFiles files = snapshot.Sources[2].Files!;
        Assert.Equal($"tag@{_sandbox.Head("infra", "v1^{commit}")[..12]}:presets/eu", files.Root);
        Assert.Equal("hello", Encoding.UTF8.GetString((await files.ReadAsync("userdata", 100, Stop)).Span));
        Assert.Contains("leads out", (await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync("../../secret", 100, Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_are_resolved_within_the_tree_and_nowhere_else()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("good.conf", "-> sub/real.conf"), ("sub/real.conf", "real"), ("sub/data", "data"), ("through.conf", "-> dir/../dir/real.conf"), ("dir", "-> sub"),
            ("absolute.conf", "-> /etc/passwd"), ("up.conf", "-> ../../../etc/passwd"), ("loop.conf", "-> loop.conf"), ("gone.conf", "-> nothing"), ("module.conf", "-> lib/x"),
            ("lib", "@ 1111111111111111111111111111111111111111"), ("directory.conf", "-> sub"), ("host", "-> /etc/hostname"));
        PresetSnapshot snapshot = await _sandbox.Driver("infra").LoadAsync(Stop);

        Assert.Empty(snapshot.Problems);
        Dictionary<string, PresetSource> sources = snapshot.Sources.ToDictionary(s => s.Origin["infra:".Length..]);
        Assert.Equal(["real", "real"], [Sandbox.Text(sources["good.conf"]), Sandbox.Text(sources["through.conf"])]);
        foreach ((string name, string reason) in ((string, string)[])[("absolute.conf", "leads out"), ("up.conf", "leads out"), ("loop.conf", "too many links"), ("gone.conf", "no such file"), ("module.conf", "submodule"), ("directory.conf", "no such file")])
        {
            Assert.Null(sources[name].Content);
            Assert.Contains(reason, sources[name].Problem, StringComparison.Ordinal);
        }
        IPresetFiles files = sources["good.conf"].Files!;
        Assert.Equal("data", Encoding.UTF8.GetString((await files.ReadAsync("dir/data", 4, Stop)).Span));
        foreach (string path in (string[])["/etc/passwd", "host", "../x", "sub/../../x", "lib/x", "sub", "", "nothing", "loop.conf", "sub/data/x", "a\0b", "a\nb"])
        {
            string message = (await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync(path, 100, Stop))).Message;
            Assert.StartsWith(path, message, StringComparison.Ordinal);
            Assert.Contains(files.Root, message, StringComparison.Ordinal);
        }
        Assert.Contains("at most 3", (await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync("sub/data", 3, Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_look_like_options_or_break_lines_are_only_names()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("--upload-pack=touch pwned;.conf", "one"), ("-c.conf", "two"), ("a b'$(touch pwned).conf", "three"), ("line\nbreak.conf", "four"), ("\u00e4.conf", "five"));
        PresetSnapshot snapshot = await _sandbox.Driver("infra").LoadAsync(Stop);
        Assert.Equal(["one", "two", "three", "five"], snapshot.Sources.Select(Sandbox.Text));
        Assert.Empty(Directory.EnumerateFiles(_sandbox.Root, "pwned", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Hooks_filters_attributes_and_submodules_never_act_and_nothing_outside_is_touched()
    {
        string module = _sandbox.Create("module");
        _sandbox.Commit("module", ("x.conf", "module"));
        _sandbox.Create("infra");
        string marker = Path.Combine(_sandbox.Root, "acted");
        _sandbox.Commit("infra", ("a.conf", "a"), ("hooks/post-checkout", $"#!/bin/sh\ntouch {marker}"), (".gitattributes", "*.conf filter=evil diff=evil export-subst"),
            (".gitmodules", $"[submodule \"m\"]\n\tpath = m\n\turl = {module}\n\tupdate = checkout\n"), (".gitconfig", $"[core]\n\tfsmonitor = touch {marker}\n"), ("m", "@ " + _sandbox.Head("module")));
        string home = Environment.GetEnvironmentVariable("HOME") ?? "/root";
        string[] before = Listing(home), srv = Listing(Path.Combine(_sandbox.Root, "srv"));
        PresetSnapshot snapshot = await _sandbox.Driver("infra").LoadAsync(Stop);

        Assert.Equal("a", Sandbox.Text(Assert.Single(snapshot.Sources)));
        Assert.False(File.Exists(marker));
        Assert.Equal(before, Listing(home));
        Assert.Equal(srv, Listing(Path.Combine(_sandbox.Root, "srv")));
        string clone = Assert.Single(Directory.GetDirectories(Path.Combine(_sandbox.CloneDir, "infra"), "*.git"));
        Assert.False(Directory.Exists(Path.Combine(clone, "hooks")));
        Assert.False(Directory.Exists(Path.Combine(clone, "modules")));
        Assert.DoesNotContain("promisor", await File.ReadAllTextAsync(Path.Combine(clone, "config"), Stop), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_sandbox.CloneDir));
    }

    /// <summary>What git or ssh would write for a user: dot files at the top of the home.</summary>
    static string[] Listing(string root) => [.. new DirectoryInfo(root).EnumerateFileSystemInfos(".git*").Concat(Directory.Exists(Path.Combine(root, ".ssh")) ? new DirectoryInfo(Path.Combine(root, ".ssh")).EnumerateFileSystemInfos() : [])
        .Concat(root.EndsWith("srv", StringComparison.Ordinal) ? new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories) : [])
        .Select(f => $"{f.FullName} {f.LastWriteTimeUtc:O}").Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_large_file_is_left_out_where_the_server_can_and_refused_where_it_can_not()
    {
        // Random bytes: what can be compressed would not be large on the way.
        byte[] noise = new byte[300 * 1024 * 1024];
        new Random(7).NextBytes(noise);
        await File.WriteAllBytesAsync(Path.Combine(_sandbox.Root, "noise"), noise, Stop);
        foreach (string name in (string[])["able", "unable"])
        {
            string path = _sandbox.Create(name, allowFilter: name == "able");
            string blob = Sandbox.Run("-C", path, "-c", "core.compression=0", "-c", "core.bigFileThreshold=1m", "hash-object", "-w", Path.Combine(_sandbox.Root, "noise")).Trim();
            _sandbox.Commit(name, ("a.conf", "a"));
            _sandbox.AddToBranch(name, blob, "huge.bin", "huge.conf");
        }
        GitRepoDriver driver = _sandbox.Driver(new GitLimits { LongestPause = TimeSpan.Zero }, ("able", new GitRepositoryOptions { Url = _sandbox.RepositoryPath("able") }), ("unable", new GitRepositoryOptions { Url = "file://" + _sandbox.RepositoryPath("unable") }));
        PresetSnapshot snapshot = await driver.LoadAsync(Stop);

        Assert.Equal(["able:a.conf", "able:huge.conf"], snapshot.Sources.Select(s => s.Origin));
        Assert.Contains("so large that the server left it out", snapshot.Sources[1].Problem, StringComparison.Ordinal);
        Assert.Contains("so large", (await Assert.ThrowsAsync<PresetFileException>(() => snapshot.Sources[0].Files!.ReadAsync("huge.bin", int.MaxValue, Stop))).Message, StringComparison.Ordinal);
        Assert.Contains("larger than 134217728 bytes", Assert.Single(snapshot.Problems), StringComparison.Ordinal);
        long onDisk = new DirectoryInfo(_sandbox.CloneDir).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
        Assert.InRange(onDisk, 1, 1024 * 1024);

        int fetches = Fetches();
        for (int i = _sandbox.Calls; _sandbox.Calls < i + 4;) await driver.LoadAsync(Stop);
        Assert.Equal(fetches, Fetches()); // what can't be had is not fetched again
        int Fetches() => File.ReadAllLines(_sandbox.CallLog).Count(line => line.Contains(" fetch ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_clone_survives_a_restart_and_serves_while_the_repository_is_away()
    {
        string path = _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"), ("data", "d"));
        await using (GitRepoDriver first = _sandbox.Driver("infra")) Assert.Empty((await first.LoadAsync(Stop)).Problems);
        Directory.Move(path, path + ".away");
        GitRepoDriver second = _sandbox.Driver("infra");
        PresetSnapshot away = await second.LoadAsync(Stop);

        PresetSource source = Assert.Single(away.Sources);
        Assert.Equal("a", Sandbox.Text(source));
        Assert.Equal("d", Encoding.UTF8.GetString((await source.Files!.ReadAsync("data", 9, Stop)).Span));
        Assert.Matches(@"^repository infra \(.*\) can't be read since \d{4}-.*Z: .*; commit [0-9a-f]{12} of 2023-11-14 22:13:20Z stays in force$", Assert.Single(away.Problems));
        Assert.Same(away, await second.LoadAsync(Stop));
        Directory.Move(path + ".away", path);
        PresetSnapshot back = await Sandbox.LoadUntilAsync(second, s => s.Problems.Count == 0);
        Assert.Same(source, Assert.Single(back.Sources));
    }

    [Fact]
    public async Task An_old_commit_stays_on_disk_as_long_as_somebody_has_a_preset_of_it()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"), ("data", "old"));
        GitRepoDriver driver = _sandbox.Driver("infra");
        PresetSource old = (await driver.LoadAsync(Stop)).Sources[0];
        foreach (string text in (string[])["b", "c", "d"])
        {
            _sandbox.Commit("infra", ("a.conf", text), ("data", text));
            await Sandbox.LoadUntilAsync(driver, s => Sandbox.Text(s.Sources[0]) == text);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.Equal("old", Encoding.UTF8.GetString((await old.Files!.ReadAsync("data", 9, Stop)).Span));
    }

    [Fact]
    public async Task Drivers_that_share_a_directory_share_its_clones()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"));
        GitRepoDriver[] drivers = [.. Enumerable.Range(0, 4).Select(_ => _sandbox.Driver("infra"))];
        PresetSnapshot[] snapshots = await Task.WhenAll(drivers.Select(d => d.LoadAsync(Stop)));
        Assert.All(snapshots, s => Assert.Empty(s.Problems));
        Assert.All(snapshots, s => Assert.Single(s.Sources));
        Assert.Single(File.ReadAllLines(_sandbox.CallLog), line => line.Contains(" fetch ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_directory_that_others_can_write_to_or_own_is_refused()
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", ("a.conf", "a"));
        Directory.CreateDirectory(_sandbox.CloneDir);
        File.SetUnixFileMode(_sandbox.CloneDir, (UnixFileMode)0b111_111_111);
        GitRepoDriver driver = _sandbox.Driver("infra");
        Assert.Contains("can be written by others", Assert.Single((await driver.LoadAsync(Stop)).Problems), StringComparison.Ordinal);
        File.SetUnixFileMode(_sandbox.CloneDir, (UnixFileMode)0b111_000_000);
        await Sandbox.LoadUntilAsync(driver, s => s.Sources.Count == 1);

        Directory.Move(_sandbox.CloneDir, _sandbox.CloneDir + "-real");
        Directory.CreateSymbolicLink(_sandbox.CloneDir, _sandbox.CloneDir + "-real");
        Assert.Contains("is a link", Assert.Single((await _sandbox.Driver("infra").LoadAsync(Stop)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_git_is_a_problem_with_the_remedy()
    {
        var options = new GitRepoOptions { Repositories = new Dictionary<string, GitRepositoryOptions> { ["infra"] = new() { Url = "/srv/x" } }, CloneDir = _sandbox.CloneDir };
        await using var driver = new GitRepoDriver(options, new DriverContext(TimeProvider.System, new Random(1), _sandbox.Root), new GitLimits(), "/nowhere/git");
        Assert.Contains("git is needed at /nowhere/git: apt-get install git", Assert.Single((await driver.LoadAsync(Stop)).Problems), StringComparison.Ordinal);
    }
}
