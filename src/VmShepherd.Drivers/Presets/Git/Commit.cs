using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>A commit on our disk.</summary>
/// <param name="Fetched">The object that the ref pointed to: the commit, or a tag on it.</param>
/// <param name="Source">The commit itself.</param>
/// <param name="CommittedAt">When it became what it is, as its committer says: unlike the author's, this time rises along a branch.</param>
/// <param name="GitDirectory">Where its objects are.</param>
/// <param name="Tree">The files below the repository's path.</param>
/// <param name="Held">Open while anybody can reach this commit, even if only through a preset that is in force: the clone stays on disk as long. The garbage collector closes it, since only it knows.</param>
sealed record Commit(string Fetched, SourceCommit Source, DateTimeOffset CommittedAt, string GitDirectory, CommitTree Tree, FileStream Held)
{
    internal string ShortId => Source.Id[..12];
}
