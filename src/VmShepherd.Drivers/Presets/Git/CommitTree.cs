namespace VmShepherd.Drivers.Presets.Git;

/// <param name="Mode">As git has it: 100644, 100755, 120000 (link), 160000 (submodule).</param>
/// <param name="Id">Of the object.</param>
/// <param name="Size"><see langword="null"/> = the server has left it out, because it is too large.</param>
readonly record struct TreeEntry(string Mode, string Id, long? Size)
{
    internal bool IsFile => Mode.StartsWith("100", StringComparison.Ordinal);
    internal bool IsLink => Mode == "120000";
    internal bool IsSubmodule => Mode == "160000";
}

/// <summary>The files of one directory of one commit, links resolved among them and nowhere else.</summary>
sealed class CommitTree(IReadOnlyDictionary<string, TreeEntry> entries, IReadOnlyDictionary<string, string> links)
{
    const int MaxLinks = 40;

    internal IReadOnlyDictionary<string, TreeEntry> Entries => entries;

    /// <summary>The file that this path means.</summary>
    /// <param name="path">Relative to the directory.</param>
    /// <param name="problem">Why there is none.</param>
    internal TreeEntry? Find(string path, out string problem)
    {
        problem = "";
        if (path.StartsWith('/'))
        {
            problem = "is an absolute path: only files of the repository can be had";
            return null;
        }
        var rest = new Stack<string>(Steps(path));
        List<string> real = [];
        for (int followed = 0; rest.TryPop(out string? step);)
        {
            if (step == ".") continue;
            if (step == "..")
            {
                if (real.Count == 0)
                {
                    problem = "leads out of the directory";
                    return null;
                }
                real.RemoveAt(real.Count - 1);
                continue;
            }
            real.Add(step);
            string here = string.Join('/', real);
            if (!entries.TryGetValue(here, out TreeEntry entry)) continue;
            problem = entry switch
            {
                { IsSubmodule: true } => $"is in the submodule {here}, and submodules are not fetched",
                { IsLink: true } when ++followed > MaxLinks => "has too many links on its way",
                { IsLink: true } when links.GetValueOrDefault(here) is not { } => $"goes through the link {here}, which can't be read",
                { IsLink: true } when links[here].StartsWith('/') => $"goes through the link {here}, which leads out of the repository",
                { IsFile: true } when rest.Count > 0 => $"takes the file {here} for a directory",
                _ => "",
            };
            if (problem.Length > 0) return null;
            if (!entry.IsLink) continue;
            real.RemoveAt(real.Count - 1);
            foreach (string next in Steps(links[here])) rest.Push(next);
        }
        if (real.Count > 0 && entries.TryGetValue(string.Join('/', real), out TreeEntry found)) return found;
        problem = "no such file";
        return null;
    }

    static IEnumerable<string> Steps(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse();
}
