using System.Security.Cryptography;
using VmShepherd.Drivers.Presets;

namespace VmShepherd.Server.Hosting;

/// <summary>Reloads the settings when their file says something else: told by the folder, and looked at from time to time, since nobody is always told.</summary>
sealed class SettingsWatch : IAsyncDisposable
{
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);

    readonly string _file;
    readonly Action _reload;
    readonly FolderWatch _watch;
    readonly ITimer _poll;
    readonly Lock _lock = new();
    byte[] _seen;

    public SettingsWatch(string file, TimeProvider time, Action reload)
    {
        (_file, _reload) = (file, reload);
        _watch = new FolderWatch(SettingsFile.DirectoryOf(file), time, Look);
        _watch.Renew();
        _seen = Hash();
        _poll = time.CreateTimer(_ => Look(), null, Poll, Poll);
    }

    public async ValueTask DisposeAsync()
    {
        await _poll.DisposeAsync();
        _watch.Dispose();
    }

    void Look()
    {
        lock (_lock)
        {
            _watch.Renew();
            byte[] now = Hash();
            if (now.AsSpan().SequenceEqual(_seen)) return;
            _seen = now;
        }

        _reload();
    }

    /// <summary>A file that can't be read is a content of its own: the reload says what is wrong with it.</summary>
    byte[] Hash()
    {
        try
        {
            using FileStream file = File.OpenRead(_file);
            return SHA256.HashData(file);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
