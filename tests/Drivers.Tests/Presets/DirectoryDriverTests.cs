using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets;
using Xunit;

namespace Drivers.Tests.Presets;

public sealed class DirectoryDriverTests : IDisposable
{
    readonly string _base = Directory.CreateTempSubdirectory("vmshepherd-").FullName;
    readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    readonly DirectoryDriver _driver;
    string Root => Path.Combine(_base, "presets");

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public DirectoryDriverTests()
    {
        Directory.CreateDirectory(Root);
        _driver = new DirectoryDriver(new DirectoryDriverOptions { Path = "presets" }, new DriverContext(_time, new Random(1), _base));
    }

    public void Dispose() => Directory.Delete(_base, recursive: true);

    string Write(string name, string text)
    {
        string path = Path.Combine(Root, name);
        File.WriteAllText(path, text);
        return path;
    }

    Task<PresetSnapshot> LoadAsync() => _driver.LoadAsync(Stop);

    static string Text(PresetSource source) => Encoding.UTF8.GetString(((PresetContent.Yaml)source.Content!).Bytes.Span);

    static void MakeFifo(string path)
    {
        using Process mkfifo = Process.Start(new ProcessStartInfo("/usr/bin/mkfifo", [path]))!;
        mkfifo.WaitForExit();
    }

    [Fact]
    public async Task Only_visible_conf_files_of_the_directory_itself_are_presets()
    {
        Write("b.conf", "b");
        Write("a.conf", "a");
        Write("B.conf", "B");
        Write(".hidden.conf", "x");
        Write("a.conf~", "x");
        Write("notes.txt", "x");
        Directory.CreateDirectory(Path.Combine(Root, "sub.conf"));
        File.WriteAllText(Path.Combine(Root, "sub.conf", "c.conf"), "c");
        PresetSnapshot snapshot = await LoadAsync();
        Assert.Equal(["B", "a", "b"], snapshot.Sources.Select(Text));
        Assert.Equal(Path.Combine(Root, "B.conf"), snapshot.Sources[0].Origin);
    }

    [Fact]
    public async Task While_nothing_changes_the_snapshot_is_the_same()
    {
        Write("a.conf", "a");
        PresetSnapshot first = await LoadAsync();
        Assert.Same(first, await LoadAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(first, await LoadAsync());
        Write("a.conf", "a"); // touched, not changed
        Assert.Same(first, await LoadAsync());
    }

    [Fact]
    public async Task A_changed_file_is_a_new_revision_and_the_others_keep_theirs()
    {
        Write("a.conf", "a");
        Write("b.conf", "b");
        PresetSnapshot first = await LoadAsync();
        Write("a.conf", "A");
        PresetSnapshot second = await LoadAsync();
        Assert.NotEqual(first.Revision, second.Revision);
        Assert.Equal("A", Text(second.Sources[0]));
        Assert.Same(first.Sources[1], second.Sources[1]);
    }

    [Fact]
    public async Task An_edit_within_one_tick_of_the_time_stamp_is_seen()
    {
        string path = Write("a.conf", "one");
        DateTime stamp = _time.GetUtcNow().UtcDateTime;
        File.SetLastWriteTimeUtc(path, stamp);
        await LoadAsync();
        Write("a.conf", "two");
        File.SetLastWriteTimeUtc(path, stamp);
        Assert.Equal("two", Text((await LoadAsync()).Sources[0]));
    }

    [Fact]
    public async Task A_removed_file_is_gone()
    {
        string path = Write("a.conf", "a");
        await LoadAsync();
        File.Delete(path);
        PresetSnapshot snapshot = await LoadAsync();
        Assert.Empty(snapshot.Sources);
        Assert.Empty(snapshot.Problems);
    }

    [Fact]
    public async Task A_directory_out_of_reach_keeps_what_was_read()
    {
        Write("a.conf", "a");
        await LoadAsync();
        Directory.Move(Root, Root + "-away");
        PresetSnapshot away = await LoadAsync();
        Assert.Equal("a", Text(Assert.Single(away.Sources)));
        Assert.Contains(Root, Assert.Single(away.Problems), StringComparison.Ordinal);
        Assert.Same(away, await LoadAsync());
        Directory.Move(Root + "-away", Root);
        PresetSnapshot back = await LoadAsync();
        Assert.Empty(back.Problems);
        Assert.Same(away.Sources[0], back.Sources[0]);
    }

    [Fact]
    public async Task A_directory_that_never_was_is_a_problem()
    {
        Directory.Delete(Root);
        PresetSnapshot snapshot = await LoadAsync();
        Assert.Empty(snapshot.Sources);
        Assert.Single(snapshot.Problems);
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_source_with_a_problem()
    {
        MakeFifo(Path.Combine(Root, "fifo.conf"));
        File.CreateSymbolicLink(Path.Combine(Root, "gone.conf"), Path.Combine(Root, "nothing"));
        Write("good.conf", "good");
        Write("huge.conf", new string('x', (1024 * 1024) + 1));
        PresetSnapshot snapshot = await LoadAsync();
        Assert.Equal([false, false, true, false], snapshot.Sources.Select(s => s.Content is not null));
        Assert.Contains("not a regular file", snapshot.Sources[0].Problem, StringComparison.Ordinal);
        Assert.Contains("No such file", snapshot.Sources[1].Problem, StringComparison.Ordinal);
        Assert.Contains("at most 1048576", snapshot.Sources[3].Problem, StringComparison.Ordinal);
        Assert.Same(snapshot, await LoadAsync());
    }

    [Fact]
    public async Task A_link_that_is_switched_is_seen()
    {
        // The way Kubernetes updates mounted files: the link a.conf stays, the directory behind it changes.
        foreach (string version in (string[])["v1", "v2"])
        {
            Directory.CreateDirectory(Path.Combine(Root, version));
            File.WriteAllText(Path.Combine(Root, version, "a.conf"), version);
        }
        string data = Path.Combine(Root, "..data");
        Directory.CreateSymbolicLink(data, "v1");
        File.CreateSymbolicLink(Path.Combine(Root, "a.conf"), "..data/a.conf");
        Assert.Equal("v1", Text((await LoadAsync()).Sources[0]));
        _time.Advance(TimeSpan.FromMinutes(1));
        await LoadAsync();
        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "v2");
        Assert.Equal("v2", Text((await LoadAsync()).Sources[0]));
    }

    [Fact]
    public async Task Userdata_files_are_read_below_the_directory_only()
    {
        Write("a.conf", "a");
        Write("user_data", "hello");
        Directory.CreateDirectory(Path.Combine(Root, "sub"));
        Write("sub/deep", "deep");
        File.WriteAllText(Path.Combine(_base, "secret"), "secret");
        File.CreateSymbolicLink(Path.Combine(Root, "leak"), "../secret");
        File.CreateSymbolicLink(Path.Combine(Root, "up"), "..");
        File.CreateSymbolicLink(Path.Combine(Root, "fine"), "sub/deep");
        File.CreateSymbolicLink(Path.Combine(Root, "loop"), "loop");
        MakeFifo(Path.Combine(Root, "fifo"));
        IPresetFiles files = (await LoadAsync()).Sources[0].Files!;
        Assert.Equal(Root, files.Root);

        foreach ((string path, string text) in ((string, string)[])[("user_data", "hello"), ("sub/../user_data", "hello"), ("fine", "deep"), (Path.Combine(Root, "user_data"), "hello")])
            Assert.Equal(text, Encoding.UTF8.GetString((await files.ReadAsync(path, 100, Stop)).Span));
        foreach (string path in (string[])["../secret", "leak", "up/secret", "/etc/passwd", Path.Combine(_base, "secret"), "loop", "fifo", "nothing", "sub", "", ".", "a\0b", "sub/../../secret"])
            Assert.StartsWith(path, (await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync(path, 100, Stop))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync("user_data", 4, Stop));
    }
}
