using System.Security.Cryptography;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets;

[assembly: Driver(DriverGroup.Presets, "DirectoryDriver", typeof(DirectoryDriver))]

namespace VmShepherd.Drivers.Presets;

/// <summary>Options of <see cref="DirectoryDriver"/>.</summary>
public sealed class DirectoryDriverOptions
{
    [Option("path", "The directory whose *.conf files are presets, relative to the settings file's.", Required = true)]
    public string Path { get; init; } = "";
}

/// <summary>Presets from the <c>*.conf</c> files of one directory. An unchanged file costs one stat.</summary>
public sealed class DirectoryDriver : IPresetDriver, IPresetNews, IPresetPlaces, IDisposable
{
    const int MaxBytes = 1024 * 1024;

    /// <summary>Within this time two edits may carry one time stamp: such a file is read again.</summary>
    static readonly TimeSpan StampGrain = TimeSpan.FromSeconds(2);

    readonly string _root;
    readonly TimeProvider _time;
    readonly FolderWatch _watch;
    readonly Lock _lock = new();
    Dictionary<string, Known> _known = new(StringComparer.Ordinal);
    PresetSnapshot? _last;

    public DirectoryDriver(DirectoryDriverOptions options, DriverContext context)
    {
        _root = Path.GetFullPath(Path.Combine(context.BaseDirectory, options.Path));
        _time = context.Time;
        _watch = new FolderWatch(_root, _time, () => Changed?.Invoke());
    }

    /// <summary>Within a second of a change, as far as the folder can be watched.</summary>
    public event Action? Changed;

    /// <summary>The directory, links resolved.</summary>
    public IReadOnlyCollection<string> Places => [DirectoryFiles.RealPath(_root)];

    sealed record Known(PresetSource Source, FileStamp Stamp, DateTimeOffset ReadAt);

    /// <summary>On a thread of its own: files have no asynchronous stat, and a disk that hangs must not hang the caller.</summary>
    public Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            _watch.Renew(); // before reading: what changes from now on is told
            lock (_lock) return Load(cancellationToken);
        }, cancellationToken);

    /// <summary>Nothing is polled in the background: each load looks.</summary>
    public Task LookAgainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _watch.Dispose();

    PresetSnapshot Load(CancellationToken cancellationToken)
    {
        string[] paths;
        try
        {
            // "*.conf" as the original's glob had it: no hidden files, names compared as they are.
            paths = [.. Directory.EnumerateFiles(_root, "*.conf", Options).Where(p => !Path.GetFileName(p.AsSpan()).StartsWith("."))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Snapshot(_last?.Sources ?? [], [$"the directory {_root} can't be read: {e.Message}"]);
        }

        Array.Sort(paths, StringComparer.Ordinal);
        var files = new DirectoryFiles(_root);
        var known = new Dictionary<string, Known>(paths.Length, StringComparer.Ordinal);
        bool changed = _last is null || _last.Problems.Count > 0 || paths.Length != _last.Sources.Count;
        foreach (string path in paths)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Known? before = _known.GetValueOrDefault(path);
            Known now = Look(path, before, files);
            changed |= !ReferenceEquals(before?.Source, now.Source);
            known.Add(path, now);
        }
        _known = known;
        return changed ? Snapshot([.. paths.Select(p => known[p].Source)], []) : _last!;
    }

    static EnumerationOptions Options { get; } = new() { MatchCasing = MatchCasing.CaseSensitive, AttributesToSkip = 0, IgnoreInaccessible = false };

    Known Look(string path, Known? before, DirectoryFiles files)
    {
        try
        {
            if (before is { Source.Content: not null } && FileStamp.Of(path) == before.Stamp && before.Stamp.Modified < before.ReadAt - StampGrain) return before;

            DateTimeOffset readAt = _time.GetUtcNow();
            (byte[] bytes, FileStamp stamp) = BoundedFile.Read(path, MaxBytes);
            string revision = Convert.ToHexStringLower(SHA256.HashData(bytes));
            PresetSource source = before?.Source is { Content: not null } same && same.Revision == revision
                ? same
                : new PresetSource(path, revision, new PresetContent.Yaml(bytes)) { Files = files, ChangedAt = stamp.Modified };
            return new Known(source, stamp, readAt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (before?.Source is { Content: null } && before.Source.Problem == e.Message) return before;
            return new Known(new PresetSource(path, "", null) { Problem = e.Message, Files = files }, default, default);
        }
    }

    PresetSnapshot Snapshot(IReadOnlyList<PresetSource> sources, IReadOnlyList<string> problems)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (PresetSource source in sources) hash.AppendData(Encoding.UTF8.GetBytes($"{source.Origin}\0{source.Revision}\0{source.Problem}\0"));
        foreach (string problem in problems) hash.AppendData(Encoding.UTF8.GetBytes($"{problem}\0"));
        string revision = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (_last?.Revision == revision) return _last;
        return _last = new PresetSnapshot(revision, sources) { Problems = problems };
    }
}
