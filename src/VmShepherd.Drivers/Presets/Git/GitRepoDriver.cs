using System.Security.Cryptography;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;

[assembly: Driver(DriverGroup.Presets, "GitRepoDriver", typeof(GitRepoDriver))]

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>Presets from git repositories. Each is looked at in the background, all side by side; what was fetched last stays in force, over restarts too.</summary>
public sealed class GitRepoDriver : IPresetDriver, IPresetNews, IPresetPlaces, IAsyncDisposable
{
    readonly GitRepository[] _repositories;
    readonly CancellationTokenSource _stopping = new();
    readonly Lock _lock = new();
    RepositoryState[] _states = [];
    PresetSnapshot? _last;

    /// <summary>Reaches nothing yet.</summary>
    /// <exception cref="ArgumentException">What is wrong with a repository's options.</exception>
    public GitRepoDriver(GitRepoOptions options, DriverContext context) : this(options, context, new GitLimits(), GitProgram.Path)
    {
    }

    internal GitRepoDriver(GitRepoOptions options, DriverContext context, GitLimits limits, string program)
    {
        string root = Path.GetFullPath(Path.Combine(context.BaseDirectory, options.CloneDir));
        if (root.Any(char.IsControl)) throw new ArgumentException("clone_dir may not have control characters");
        var git = new GitProgram(program, context.Time);
        var reader = new CommitReader(git, limits);
        var slots = new SemaphoreSlim(limits.SideBySide);
        _repositories = [.. options.Repositories.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r =>
        {
            var remote = new GitRemote(r.Key, r.Value, context.BaseDirectory);
            var mirror = new GitMirror(remote, new CloneDirectory(root, remote.Name), git, reader, limits, context.Time);
            return new GitRepository(remote, mirror, new CommitSources(remote, reader, limits), slots, options.PollInterval, limits, context.Time, () => Changed?.Invoke());
        })];
    }

    /// <summary>Of each repository its name, which its presets' names begin with, and where it is.</summary>
    public IReadOnlyCollection<string> Places => [.. _repositories.Select(repository => repository.Place)];

    /// <summary>What is known now. Only the first call waits, until each repository has answered or its time is up.</summary>
    public async Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        foreach (GitRepository repository in _repositories) repository.PollWhenDue(_stopping.Token);
        await Task.WhenAll(_repositories.Select(r => r.ReadyAsync(cancellationToken)));
        lock (_lock)
        {
            RepositoryState[] states = [.. _repositories.Select(r => r.State)];
            if (_last is null || !states.AsSpan().SequenceEqual(_states)) (_states, _last) = (states, Snapshot(states));
            return _last;
        }
    }

    /// <summary>Another commit is there, or a repository's trouble began or ended.</summary>
    public event Action? Changed;

    /// <summary>Every repository is asked now, side by side.</summary>
    public Task LookAgainAsync(CancellationToken cancellationToken) => Task.WhenAll(_repositories.Select(r => r.LookAgainAsync(_stopping.Token, cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        await Task.WhenAll(_repositories.Select(r => r.StoppedAsync()));
        _stopping.Dispose();
    }

    PresetSnapshot Snapshot(RepositoryState[] states)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (RepositoryState state in states) hash.AppendData(Encoding.UTF8.GetBytes($"{state.Commit?.Fetched}\0{state.Commit?.Source.Id}\0{state.Problem}\0"));
        return new PresetSnapshot(Convert.ToHexStringLower(hash.GetHashAndReset()), [.. states.SelectMany(s => s.Sources)])
        {
            Problems = [.. states.Select(s => s.Problem).OfType<string>()],
            TroubledOrigins = [.. _repositories.Zip(states).Where(pair => pair.Second.Problem is not null).Select(pair => pair.First.Origin)],
        };
    }
}
