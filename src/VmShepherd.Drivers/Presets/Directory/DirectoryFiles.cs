using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Presets;

/// <summary>The files below one directory, and no others: links are resolved before anything is read.</summary>
sealed class DirectoryFiles(string root) : IPresetFiles
{
    public string Root { get; } = root;

    public Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            string real = RealPath(Path.GetFullPath(Path.Combine(Root, path)));
            string realRoot = RealPath(Root);
            if (!real.StartsWith(realRoot.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                throw new PresetFileException($"{path} is outside of {Root}: only files in it may be read");
            return Task.FromResult<ReadOnlyMemory<byte>>(BoundedFile.Read(real, maxBytes).Bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PresetFileException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Every link on the way resolved, as the kernel would do it.</summary>
    internal static string RealPath(string path)
    {
        const int MaxLinks = 40;
        var rest = new Stack<string>(path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        string real = Path.GetPathRoot(path)!;
        for (int links = 0; rest.TryPop(out string? part);)
        {
            if (part == ".") continue;
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            string next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > MaxLinks) throw new IOException($"too many links ({path})");
            if (Path.IsPathRooted(target)) real = Path.GetPathRoot(target)!;
            foreach (string step in target.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse()) rest.Push(step);
        }
        return real;
    }
}
