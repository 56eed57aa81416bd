using System.Globalization;
using System.Text;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <param name="Id">What it is called.</param>
/// <param name="Bytes">What it holds.</param>
readonly record struct GitObject(string Id, ReadOnlyMemory<byte> Bytes);

/// <summary>Reads commits that are on our disk. There is no work tree: no hook, no filter and no link of the repository ever acts.</summary>
sealed class CommitReader(GitProgram git, GitLimits limits)
{
    internal const string Reference = "refs/vmshepherd/fetched";
    const int MaxLink = 4096;

    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    readonly SemaphoreSlim _slots = new(4);

    /// <param name="fetched">The object that <see cref="Reference"/> points to.</param>
    /// <param name="gitDirectory">Where it is.</param>
    /// <param name="path">The directory to read; empty = the top.</param>
    /// <param name="held">Keeps it there.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    internal async Task<Commit> OpenAsync(string fetched, string gitDirectory, string path, FileStream held, CancellationToken cancellationToken)
    {
        byte[] listed;
        try
        {
            listed = await RunAsync(gitDirectory, ["ls-tree", "-r", "-z", "--long", $"{Reference}:{path}"], default, limits.ListBytes, cancellationToken);
        }
        catch (GitException e) when (path.Length > 0 && e.Message.Contains("Not a valid object name", StringComparison.Ordinal))
        {
            throw new GitException($"has no directory '{path}'") { IsOfTheCommit = true };
        }
        Dictionary<string, TreeEntry> entries = Entries(listed);
        (string Path, string Id)[] links = [.. entries.Where(e => e.Value is { IsLink: true, Size: <= MaxLink }).Select(e => (e.Key, e.Value.Id))];

        string commit = Reference + "^{commit}";
        Dictionary<string, GitObject> read = await ReadAsync(gitDirectory, [commit, .. links.Select(l => l.Id).Distinct()], limits.ListBytes, cancellationToken);
        if (!read.TryGetValue(commit, out GitObject header)) throw new GitException("is no commit") { IsOfTheCommit = true };
        var targets = links.Where(l => read.ContainsKey(l.Id)).ToDictionary(l => l.Path, l => Encoding.UTF8.GetString(read[l.Id].Bytes.Span), StringComparer.Ordinal);
        return new Commit(fetched, new SourceCommit(header.Id, Moment(header.Bytes.Span, "author")), Moment(header.Bytes.Span, "committer"), gitDirectory, new CommitTree(entries, targets), held);
    }

    /// <summary>Objects by what they were asked for. What is not there is left out.</summary>
    /// <param name="gitDirectory">Where they are.</param>
    /// <param name="names">Ids or names, without line breaks.</param>
    /// <param name="maxBytes">Of all together.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    internal async Task<Dictionary<string, GitObject>> ReadAsync(string gitDirectory, IReadOnlyCollection<string> names, int maxBytes, CancellationToken cancellationToken)
    {
        const int HeaderBytes = 200;
        byte[] input = Encoding.UTF8.GetBytes(string.Concat(names.Select(name => name + "\n")));
        ReadOnlyMemory<byte> rest = await RunAsync(gitDirectory, ["cat-file", "--batch"], input, maxBytes + (HeaderBytes * names.Count), cancellationToken);
        var read = new Dictionary<string, GitObject>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            int end = rest.Span.IndexOf((byte)'\n');
            if (end < 0) throw new GitException("git cat-file has ended early");
            string[] header = Encoding.UTF8.GetString(rest.Span[..end]).Split(' ');
            rest = rest[(end + 1)..];
            if (header is not [var id, "blob" or "commit", var size]) continue;
            int length = int.Parse(size, CultureInfo.InvariantCulture);
            read[name] = new GitObject(id, rest[..length]);
            rest = rest[(length + 1)..];
        }
        return read;
    }

    async Task<byte[]> RunAsync(string gitDirectory, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, int maxOutput, CancellationToken cancellationToken)
    {
        Dictionary<string, string> environment = GitEnvironment.Make(Path.GetDirectoryName(gitDirectory)!);
        environment["GIT_DIR"] = gitDirectory;
        environment["GIT_ALLOW_PROTOCOL"] = "none";
        await _slots.WaitAsync(cancellationToken);
        try
        {
            return await git.RunAsync(new GitCall(arguments, limits.Read, maxOutput) { Environment = environment, Input = input }, cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Lines of <c>MODE TYPE ID SIZE\tPATH</c>, ended by a zero. Names that are no text, or that would break a line of a log, are left out: nobody can name them.</summary>
    static Dictionary<string, TreeEntry> Entries(ReadOnlySpan<byte> listed)
    {
        var entries = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
        foreach (Range range in listed.Split((byte)0))
        {
            ReadOnlySpan<byte> line = listed[range];
            int tab = line.IndexOf((byte)'\t');
            if (tab < 0) continue;
            string[] words = Encoding.ASCII.GetString(line[..tab]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string path;
            try
            {
                path = Strict.GetString(line[(tab + 1)..]);
            }
            catch (DecoderFallbackException)
            {
                continue; // no preset and no userdata can name it
            }
            if (!path.Any(char.IsControl)) entries[path] = new TreeEntry(words[0], words[2], long.TryParse(words[3], CultureInfo.InvariantCulture, out long size) ? size : null);
        }
        return entries;
    }

    /// <summary><c>WHO NAME &lt;MAIL&gt; SECONDS ZONE</c>, in a commit's header.</summary>
    static DateTimeOffset Moment(ReadOnlySpan<byte> commit, string who)
    {
        foreach (string line in Encoding.Latin1.GetString(commit).Split('\n').TakeWhile(line => line.Length > 0).Where(line => line.StartsWith(who + " ", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ');
            // Anybody can write any date into a commit.
            if (words.Length > 2 && long.TryParse(words[^2], CultureInfo.InvariantCulture, out long seconds)) return DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, 253402300799));
        }
        return DateTimeOffset.UnixEpoch;
    }
}
