using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>Makes the sources of a commit: each <c>*.conf</c> directly in the directory.</summary>
sealed class CommitSources(GitRemote remote, CommitReader reader, GitLimits limits)
{
    /// <param name="commit">To read.</param>
    /// <param name="before">What is known already: the same object is not read again.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    internal async Task<IReadOnlyList<PresetSource>> ReadAsync(Commit commit, IReadOnlyList<PresetSource> before, CancellationToken cancellationToken)
    {
        (string Name, TreeEntry? Entry, string Problem)[] found = [.. commit.Tree.Entries
            .Where(e => !e.Key.Contains('/', StringComparison.Ordinal) && e.Key.EndsWith(".conf", StringComparison.Ordinal) && !e.Key.StartsWith('.'))
            .Select(e => e.Key).Order(StringComparer.Ordinal).Select(name => (name, Find(commit.Tree, name, out string problem), problem))];

        var bytes = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (PresetSource source in before)
            if (source.Content is PresetContent.Yaml yaml) bytes[source.Revision] = yaml.Bytes;
        TreeEntry[] unread = [.. found.Select(f => f.Entry).OfType<TreeEntry>().DistinctBy(e => e.Id).Where(e => !bytes.ContainsKey(e.Id))];
        long size = unread.Sum(e => e.Size ?? 0);
        if (size > limits.PresetBytes) throw new GitException($"has {size} bytes of presets, at most {limits.PresetBytes} are read") { IsOfTheCommit = true };
        if (unread.Length > 0)
        {
            foreach ((string id, GitObject read) in await reader.ReadAsync(commit.GitDirectory, [.. unread.Select(e => e.Id)], (int)size, cancellationToken)) bytes[id] = read.Bytes.ToArray();
        }

        var files = new CommitFiles($"{remote.Name}@{commit.ShortId}:{remote.Path}", commit, reader);
        return [.. found.Select(f => Source(commit, f.Name, f.Entry, f.Entry is { } e && bytes.TryGetValue(e.Id, out ReadOnlyMemory<byte> content) ? (ReadOnlyMemory<byte>?)content : null, f.Problem, files))];
    }

    PresetSource Source(Commit commit, string name, TreeEntry? entry, ReadOnlyMemory<byte>? content, string problem, CommitFiles files)
    {
        string path = remote.Path.Length == 0 ? name : $"{remote.Path}/{name}";
        return new PresetSource(OriginOf(remote, path), content is null ? "" : entry!.Value.Id, content is { } bytes ? new PresetContent.Yaml(bytes) : null)
        {
            Problem = content is not null ? null : problem.Length > 0 ? problem : "is not in the clone",
            Location = $"{remote.Name}@{commit.ShortId}:{path}",
            Commit = commit.Source,
            ChangedAt = commit.CommittedAt,
            NamePrefix = remote.Name + ".",
            Files = files,
        };
    }

    internal static string OriginOf(GitRemote remote, string path) => $"{remote.Name}:{path}";

    TreeEntry? Find(CommitTree tree, string name, out string problem)
    {
        if (tree.Find(name, out problem) is not { } entry) return null;
        problem = entry.Size is not { } size ? $"is so large that the server left it out: at most {limits.FileBytes} bytes are read"
            : size > limits.FileBytes ? $"has {size} bytes, at most {limits.FileBytes} are read"
            : "";
        return problem.Length == 0 ? entry : null;
    }
}
