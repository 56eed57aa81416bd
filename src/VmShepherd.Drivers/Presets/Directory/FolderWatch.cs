namespace VmShepherd.Drivers.Presets;

/// <summary>
/// Tells when something in one folder has changed, once for a burst of changes. It is a convenience, never the only way to learn of a change: watches are
/// lost with their folder, and the system has only so many of them.
/// </summary>
public sealed class FolderWatch : IDisposable
{
    /// <summary>An editor writes in several steps: after the last one it is quiet.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    readonly string _folder;
    readonly ITimer _settled;
    readonly Lock _lock = new();
    FileSystemWatcher? _watcher;
    FileStamp _watched;
    bool _isDisposed;

    /// <param name="folder">Its entries are watched, not those of folders below.</param>
    /// <param name="time">For the burst's end.</param>
    /// <param name="changed">Called on any thread.</param>
    public FolderWatch(string folder, TimeProvider time, Action changed)
    {
        _folder = folder;
        _settled = time.CreateTimer(static act => ((Action)act!)(), changed, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches the folder that has this name now, if that can be done; cheap when it is watched already. Call it again from time to time.</summary>
    public void Renew()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            try
            {
                FileStamp folder = FileStamp.Of(_folder);
                if (_watcher is not null && (folder.Device, folder.Inode) == (_watched.Device, _watched.Inode)) return;
                _watcher?.Dispose();
                _watcher = null;
                _watcher = Watch();
                _watched = folder;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // Not there, or no watch to be had: whoever polls finds out what is new, and says what is wrong.
                return;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _watcher?.Dispose();
            _settled.Dispose();
        }
    }

    FileSystemWatcher Watch()
    {
        var watcher = new FileSystemWatcher(_folder) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
        watcher.Changed += (_, _) => Settle();
        watcher.Created += (_, _) => Settle();
        watcher.Deleted += (_, _) => Settle();
        watcher.Renamed += (_, _) => Settle();
        watcher.Error += (_, _) => Lost(watcher);
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    void Settle()
    {
        lock (_lock)
        {
            if (!_isDisposed) _settled.Change(Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Events were dropped, or the folder is gone: something has changed, and the watch has to begin anew.</summary>
    void Lost(FileSystemWatcher watcher)
    {
        lock (_lock)
        {
            if (ReferenceEquals(watcher, _watcher)) _watched = default;
        }

        Settle();
    }
}
