using System.Text.RegularExpressions;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>
/// One repository's place on disk, which several processes may share. <c>OBJECT.git</c> holds one commit and is never written to again; <c>current</c> names the one in force;
/// <c>incoming.git</c> is what is being fetched, by whoever has locked <c>lock</c>. A commit is removed when nobody holds it any more.
/// </summary>
sealed partial class CloneDirectory(string root, string name)
{
    const string HeldFile = "held";
    const string PlainSettings = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";

    internal string Home { get; } = Path.Combine(root, name);

    internal void Open()
    {
        PrivateDirectory.Ensure(root);
        PrivateDirectory.Ensure(Home);
    }

    /// <summary>The object that was in force last, in this run or an earlier one.</summary>
    internal string? Current() => File.Exists(Path.Combine(Home, "current")) && File.ReadAllText(Path.Combine(Home, "current")).Trim() is var id && ObjectId().IsMatch(id) ? id : null;

    internal void SetCurrent(string objectId)
    {
        if (Current() == objectId) return;
        string next = Path.Combine(Home, $"current.{Environment.ProcessId}");
        File.WriteAllText(next, objectId + "\n");
        File.Move(next, Path.Combine(Home, "current"), overwrite: true);
    }

    internal string GitDirectory(string objectId) => Path.Combine(Home, objectId + ".git");

    /// <summary>Keeps the commit on disk as long as this stream is open or reachable; <see langword="null"/> = it is not there.</summary>
    internal FileStream? Hold(string objectId)
    {
        try
        {
            return new FileStream(Path.Combine(GitDirectory(objectId), HeldFile), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (IOException)
        {
            return null; // never fetched, or another process is just removing it
        }
    }

    /// <summary>The right to fetch; <see langword="null"/> = another process has it.</summary>
    internal FileStream? TryLock()
    {
        try
        {
            return new FileStream(Path.Combine(Home, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>An empty repository, written by hand: no template of the system's, so no hooks.</summary>
    internal string MakeIncoming()
    {
        string incoming = Path.Combine(Home, "incoming.git");
        if (Directory.Exists(incoming)) Directory.Delete(incoming, recursive: true);
        Directory.CreateDirectory(Path.Combine(incoming, "objects"));
        Directory.CreateDirectory(Path.Combine(incoming, "refs"));
        File.WriteAllText(Path.Combine(incoming, "HEAD"), "ref: refs/heads/none\n");
        File.WriteAllText(Path.Combine(incoming, "config"), PlainSettings);
        File.WriteAllText(Path.Combine(incoming, HeldFile), "");
        return incoming;
    }

    /// <summary>What came in gets its final name. The settings that git added are taken away: they would let it ask the server for what is missing, whenever a file is read.</summary>
    /// <returns>The object that came in.</returns>
    internal string Adopt(string incoming, string reference)
    {
        string objectId = File.ReadAllText(Path.Combine(incoming, reference)).Trim();
        if (!ObjectId().IsMatch(objectId)) throw new GitException("git has left no object id");
        File.WriteAllText(Path.Combine(incoming, "config"), PlainSettings);
        if (!Directory.Exists(GitDirectory(objectId))) Directory.Move(incoming, GitDirectory(objectId));
        return objectId;
    }

    /// <summary>Removes the commits that neither this process nor another one holds. For whoever has the lock.</summary>
    internal void Sweep()
    {
        foreach (string commit in Directory.EnumerateDirectories(Home, "*.git").ToArray())
        {
            try
            {
                string held = Path.Combine(commit, HeldFile);
                if (!File.Exists(held))
                {
                    Directory.Delete(commit, recursive: true);
                    continue;
                }
                using var alone = new FileStream(held, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
                Directory.Delete(commit, recursive: true);
            }
            catch (IOException)
            {
                // Somebody holds it: the next sweep looks again.
            }
        }
    }

    [GeneratedRegex(@"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\z")]
    private static partial Regex ObjectId();
}
