using System.Text;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>Brings the commits of one repository to our disk.</summary>
sealed class GitMirror(GitRemote remote, CloneDirectory clones, GitProgram git, CommitReader reader, GitLimits limits, TimeProvider time)
{
    static readonly TimeSpan LockLook = TimeSpan.FromMilliseconds(200);

    /// <summary>The commit of an earlier run, or of another process; <see langword="null"/> = there is none.</summary>
    async Task<Commit?> FindAsync(string? objectId, CancellationToken cancellationToken)
    {
        if (objectId is null || clones.Hold(objectId) is not { } held) return null;
        try
        {
            return await reader.OpenAsync(objectId, clones.GitDirectory(objectId), remote.Path, held, cancellationToken);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The commit, from our disk or from the server.</summary>
    internal async Task<Commit> GetAsync(string reference, string objectId, CancellationToken cancellationToken) =>
        await FindSoundAsync(objectId, cancellationToken) ?? await FetchAsync(reference, objectId, cancellationToken);

    /// <summary>A clone that can't be read (power was lost, the disk was full) is as good as none: it is fetched anew.</summary>
    async Task<Commit?> FindSoundAsync(string objectId, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(objectId, cancellationToken);
        }
        catch (GitException e) when (!e.IsOfTheCommit)
        {
            return null;
        }
    }

    internal Task<Commit?> FindLastAsync(CancellationToken cancellationToken)
    {
        clones.Open();
        return FindAsync(clones.Current(), cancellationToken);
    }

    internal void Keep(Commit commit) => clones.SetCurrent(commit.Fetched);

    /// <summary>Which ref counts, and what it points to now: all that is asked while nothing changes.</summary>
    internal async Task<(string Reference, string ObjectId)> LookAsync(CancellationToken cancellationToken)
    {
        const int MaxRefs = 32 * 1024 * 1024;
        clones.Open();
        byte[] answer = await git.RunAsync(remote.Call(clones.Home, ["ls-remote", "origin", .. remote.Refs], limits.Look, MaxRefs, maxFile: 1024 * 1024), cancellationToken);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] line in Encoding.UTF8.GetString(answer).Split('\n').Select(line => line.Split('\t')).Where(line => line.Length == 2)) found[line[1]] = line[0];
        return remote.Refs.FirstOrDefault(found.ContainsKey) is { } reference
            ? (reference, found[reference])
            : throw new GitException($"there is no {string.Join(" or ", remote.Refs)} (an empty repository has none)");
    }

    /// <summary>Each commit into a repository of its own: what was fetched before can't be harmed, and nothing piles up.</summary>
    async Task<Commit> FetchAsync(string reference, string objectId, CancellationToken cancellationToken)
    {
        using FileStream mine = await LockAsync(cancellationToken);
        if (await FindSoundAsync(objectId, cancellationToken) is { } known) return known; // while we waited, another process has fetched it

        if (Directory.Exists(clones.GitDirectory(objectId))) clones.Sweep(); // it can't be read, and stands in the way of what can
        string incoming = clones.MakeIncoming();
        try
        {
            GitCall call = remote.Call(clones.Home,
                ["--git-dir", incoming, "fetch", "--quiet", "--depth=1", $"--filter=blob:limit={limits.FileBytes + 1}", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
                    "--end-of-options", "origin", $"+{reference}:{CommitReader.Reference}"],
                limits.Fetch, maxOutput: 64 * 1024, limits.FetchBytes);
            await git.RunAsync(call, cancellationToken);
            return await FindAsync(clones.Adopt(incoming, CommitReader.Reference), cancellationToken) ?? throw new GitException("what was fetched is gone from clone_dir");
        }
        catch (GitException) when (HasFilled(incoming))
        {
            throw new GitException($"{reference} is larger than {limits.FetchBytes} bytes, and the server does not leave large files out") { IsOfTheCommit = true };
        }
        finally
        {
            clones.Sweep();
        }
    }

    /// <summary>The system ends the writer of a file that has grown to the bound, and git does not say so.</summary>
    bool HasFilled(string incoming) => new DirectoryInfo(Path.Combine(incoming, "objects")).EnumerateFiles("*", SearchOption.AllDirectories).Any(file => file.Length >= limits.FetchBytes / 512 * 512);

    async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            if (clones.TryLock() is { } mine) return mine;
            if (time.GetElapsedTime(start) > limits.Fetch) throw new GitException($"another process has been fetching into {clones.Home} for {limits.Fetch.TotalSeconds:0} s");
            await Task.Delay(LockLook, time, cancellationToken);
        }
    }
}
