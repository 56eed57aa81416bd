using VmShepherd.Drivers.Presets;
using Xunit;

namespace Drivers.Tests.Presets;

/// <summary>On a real folder: who watches files must be told by the system, and in real time.</summary>
public sealed class FolderWatchTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("vmshepherd-test-");
    readonly SemaphoreSlim _told = new(0);
    readonly FolderWatch _watch;

    public FolderWatchTests() => _watch = new FolderWatch(Folder, TimeProvider.System, () => _told.Release());

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string Folder => Path.Combine(_parent.FullName, "presets");

    void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    Task<bool> IsToldAsync() => _told.WaitAsync(Patience, Ct);

    public void Dispose()
    {
        _watch.Dispose();
        _told.Dispose();
        _parent.Delete(recursive: true);
    }

    [Fact]
    public async Task Written_renamed_and_deleted_files_are_told()
    {
        Directory.CreateDirectory(Folder);
        _watch.Renew();
        Write("a.conf", "1");
        Assert.True(await IsToldAsync());
        File.Move(Path.Combine(Folder, "a.conf"), Path.Combine(Folder, "b.conf"));
        Assert.True(await IsToldAsync());
        File.Delete(Path.Combine(Folder, "b.conf"));
        Assert.True(await IsToldAsync());
    }

    [Fact]
    public async Task A_folder_that_comes_later_or_is_replaced_is_watched_from_the_next_look_on()
    {
        _watch.Renew();
        Directory.CreateDirectory(Folder);
        _watch.Renew();
        Write("a.conf", "1");
        Assert.True(await IsToldAsync());

        Directory.Move(Folder, Folder + ".old");
        Directory.CreateDirectory(Folder);
        _watch.Renew();
        while (_told.Wait(0, Ct))
        {
            // What was told of the old folder does not count.
        }

        Write("b.conf", "1");
        Assert.True(await IsToldAsync());
    }

    [Fact]
    public void Who_is_disposed_watches_nothing()
    {
        _watch.Dispose();
        _watch.Renew();
    }
}
