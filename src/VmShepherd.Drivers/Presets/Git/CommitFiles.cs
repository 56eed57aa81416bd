using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>The files that presets of one commit may name: those of the same commit.</summary>
sealed class CommitFiles(string root, Commit commit, CommitReader reader) : IPresetFiles
{
    /// <summary><c>repository@commit:directory</c></summary>
    public string Root => root;

    public async Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        TreeEntry? entry = commit.Tree.Find(path, out string problem);
        if (entry is not { } file) throw new PresetFileException($"{path} {problem} ({root})");
        if (file.Size is not { } size) throw new PresetFileException($"{path} is so large that it was not fetched ({root})");
        if (size > maxBytes) throw new PresetFileException($"{path} has {size} bytes, at most {maxBytes} are read ({root})");
        try
        {
            Dictionary<string, GitObject> read = await reader.ReadAsync(commit.GitDirectory, [file.Id], maxBytes, cancellationToken);
            return read.TryGetValue(file.Id, out GitObject found) ? found.Bytes : throw new PresetFileException($"{path} is not in the clone ({root})");
        }
        catch (Exception e) when (e is GitException or IOException)
        {
            throw new PresetFileException($"{path} can't be read: {e.Message} ({root})", e);
        }
    }
}
