using System.Globalization;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>What one repository says now.</summary>
/// <param name="Commit">In force; <see langword="null"/> = never had one.</param>
/// <param name="Sources">Of this commit.</param>
/// <param name="Problem">Why it may be out of date; <see langword="null"/> = it is not.</param>
sealed record RepositoryState(Commit? Commit, IReadOnlyList<PresetSource> Sources, string? Problem);

/// <summary>One repository: looks at it from time to time, off the caller's thread, and keeps its last good commit in force whatever happens.</summary>
sealed class GitRepository(GitRemote remote, GitMirror mirror, CommitSources reader, SemaphoreSlim slots, TimeSpan interval, GitLimits limits, TimeProvider time, Action changed)
{
    readonly Lock _lock = new();
    readonly TaskCompletionSource _fromDisk = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile RepositoryState _state = new(null, [], null);
    Task _polling = Task.CompletedTask;
    Task? _patience;
    long _polledAt;
    int _failures;
    DateTimeOffset _failingSince;
    (string ObjectId, string Problem)? _refused;
    bool _isOpen;

    /// <summary>Why the clone of an earlier run can't be read; <see langword="null"/> = it can, or there is none.</summary>
    string? _unreadable;

    internal RepositoryState State => _state;

    /// <summary>What the origin of each of its sources begins with.</summary>
    internal string Origin => CommitSources.OriginOf(remote, "");

    internal string Place => remote.Place;

    /// <summary>Starts a look when it is time for one and none is under way.</summary>
    internal void PollWhenDue(CancellationToken stopping)
    {
        lock (_lock)
        {
            if (!_polling.IsCompleted || stopping.IsCancellationRequested) return;
            if (_isOpen && time.GetElapsedTime(_polledAt) < Pause) return;
            Poll(stopping);
        }
    }

    /// <summary>A look that begins now, whatever the pause, and its end. One that is under way may have asked too early.</summary>
    internal async Task LookAgainAsync(CancellationToken stopping, CancellationToken cancellationToken)
    {
        await StoppedAsync().WaitAsync(cancellationToken);
        lock (_lock)
        {
            if (_polling.IsCompleted && !stopping.IsCancellationRequested) Poll(stopping);
        }

        await StoppedAsync().WaitAsync(cancellationToken);
    }

    /// <summary>Under the lock.</summary>
    void Poll(CancellationToken stopping)
    {
        (_isOpen, _polledAt) = (true, time.GetTimestamp());
        _polling = Task.Run(() => PollAsync(stopping), CancellationToken.None);
    }

    /// <summary>Done as soon as there is something to say: the first answer, or, with a clone of an earlier run, a short time later.</summary>
    internal Task ReadyAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return (_patience ??= WaitAsync()).WaitAsync(cancellationToken);
    }

    internal Task StoppedAsync()
    {
        lock (_lock) return _polling;
    }

    /// <summary>Longer after each failure: a wrong password tried for ever gets an account locked.</summary>
    TimeSpan Pause => _failures < 2 ? interval : TimeSpan.FromTicks(Math.Min(interval.Ticks << Math.Min(_failures - 1, 10), Math.Max(interval.Ticks, limits.LongestPause.Ticks)));

    async Task WaitAsync()
    {
        await _fromDisk.Task;
        if (_state.Commit is null)
        {
            await _answered.Task;
            return;
        }
        using var enough = new CancellationTokenSource(limits.FirstAnswer, time);
        try
        {
            await _answered.Task.WaitAsync(enough.Token);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
                if (!_answered.Task.IsCompleted) Trouble("it has not answered yet");
        }
    }

    async Task PollAsync(CancellationToken stopping)
    {
        RepositoryState before = _state;
        try
        {
            if (_state.Commit is null) await OpenAsync(stopping);
            await slots.WaitAsync(stopping);
            try
            {
                await UpdateAsync(stopping);
            }
            finally
            {
                slots.Release();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The driver is being disposed: nobody asks any more.
        }
#pragma warning disable CA1031 // Nobody waits for this task: whatever went wrong is the repository's problem, and the next look tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            lock (_lock)
            {
                _failures++;
                Trouble(e.Message);
            }
        }
        finally
        {
            _fromDisk.TrySetResult();
            if (!ReferenceEquals(_state, before)) changed(); // whoever waits for the answer has heard of it by then
            _answered.TrySetResult();
        }
    }

    async Task OpenAsync(CancellationToken stopping)
    {
        try
        {
            _unreadable = null;
            if (await mirror.FindLastAsync(stopping) is { } last) _state = new RepositoryState(last, await reader.ReadAsync(last, [], stopping), _state.Problem);
        }
        catch (GitException e)
        {
            // The server may have it still; if not, the next look tries to read it again.
            _unreadable = e.Message;
        }

        _fromDisk.TrySetResult();
    }

    async Task UpdateAsync(CancellationToken stopping)
    {
        (string reference, string objectId) = await mirror.LookAsync(stopping);
        RepositoryState before = _state;
        if (before.Commit?.Fetched == objectId)
        {
            Good(before);
            return;
        }
        if (_refused is { } refused && refused.ObjectId == objectId) throw new GitException(refused.Problem);
        try
        {
            Commit commit = await mirror.GetAsync(reference, objectId, stopping);
            IReadOnlyList<PresetSource> sources = await reader.ReadAsync(commit, before.Sources, stopping);
            mirror.Keep(commit);
            Good(new RepositoryState(commit, sources, null));
        }
        catch (GitException e) when (e.IsOfTheCommit)
        {
            _refused = (objectId, $"{objectId[..12]} {e.Message}");
            throw new GitException(_refused.Value.Problem);
        }
    }

    void Good(RepositoryState state)
    {
        lock (_lock)
        {
            (_failures, _failingSince, _refused) = (0, default, null);
            _state = state.Problem is null ? state : state with { Problem = null };
        }
    }

    /// <summary>The text stays the same while the trouble does: no ages in it.</summary>
    void Trouble(string reason)
    {
        if (_failingSince == default) _failingSince = time.GetUtcNow();
        string meanwhile = _state.Commit is { } commit
            ? string.Create(CultureInfo.InvariantCulture, $"commit {commit.ShortId} of {commit.Source.Authored.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z stays in force")
            : _unreadable is { } why ? $"what was fetched before can't be read either ({why})"
            : "it was never fetched, so none of its presets are known";
        string problem = string.Create(CultureInfo.InvariantCulture, $"repository {remote.Name} ({remote.Url}) can't be read since {_failingSince.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z: {reason}; {meanwhile}");
        if (_state.Problem != problem) _state = _state with { Problem = problem };
    }
}
