using System.Runtime.InteropServices;

namespace VmShepherd.Server.Plugins;

/// <summary>A driver has our rights. So whatever of it we run, nobody else may write: owned by us or by root, and so is every folder above it.</summary>
sealed class Trust
{
    const int CurrentDirectory = -100, DoNotFollow = 0x100, OthersWrite = 0x12, Sticky = 0x200, TypeMask = 0xF000, DirectoryType = 0x4000, LinkType = 0xA000;
    const uint BasicStats = 0x7ff;
    const int MaxLinks = 40;

    readonly HashSet<string> _trusted = new(StringComparer.Ordinal), _trees = new(StringComparer.Ordinal);

    /// <summary>A folder with everything below it, also where links lead.</summary>
    /// <exception cref="PluginException">Somebody else may write to a part of it.</exception>
    public void RequireTree(string folder)
    {
        Require(folder);
        Once(_trees, Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(folder), RequireContent);
    }

    void RequireContent(string folder)
    {
        // Nothing may even be added to it by others: it would be run.
        RequireUnshared(folder, Look(folder));
        foreach (string entry in Directory.EnumerateFileSystemEntries(folder))
        {
            if (Directory.Exists(entry)) RequireTree(entry);
            else Require(entry);
        }
    }

    /// <summary>One file or folder, where its links lead, and the folders above.</summary>
    /// <exception cref="PluginException">Somebody else may write to it.</exception>
    public void Require(string path) => Require(Path.GetFullPath(path), MaxLinks);

    void Require(string path, int links)
    {
        if (Path.GetDirectoryName(path) is { } above) Require(above, links);
        Once(_trusted, path, _ => RequireOne(path, links));
    }

    void RequireOne(string path, int links)
    {
        Statx stat = Look(path);
        uint self = geteuid();
        if (stat.User != 0 && stat.User != self) throw new PluginException($"{path} belongs to user {stat.User}: a driver has the rights of VmShepherd, so only root or user {self}, whom it runs as, may own it");
        if ((stat.Mode & TypeMask) == LinkType)
        {
            if (links == 0) throw new PluginException($"{path} leads through more than {MaxLinks} links");
            Require(Path.GetFullPath(new FileInfo(path).LinkTarget!, Path.GetDirectoryName(path)!), links - 1);
            return;
        }

        // In a folder like /tmp everybody may add something, but not replace what is another's.
        bool isShared = (stat.Mode & TypeMask) == DirectoryType && (stat.Mode & Sticky) != 0;
        if (!isShared) RequireUnshared(path, stat);
    }

    /// <summary>Looks at each once, and in circles but once. What was refused is refused again: the next plug-in may lie there too.</summary>
    static void Once(HashSet<string> seen, string path, Action<string> require)
    {
        if (!seen.Add(path)) return;
        bool isTrusted = false;
        try
        {
            require(path);
            isTrusted = true;
        }
        finally
        {
            if (!isTrusted) seen.Remove(path);
        }
    }

    static void RequireUnshared(string path, Statx stat)
    {
        if ((stat.Mode & OthersWrite) != 0) throw new PluginException($"{path} can be written by others, and a driver has the rights of VmShepherd: chmod go-w it");
    }

    static Statx Look(string path) => statx(CurrentDirectory, path, DoNotFollow, BasicStats, out Statx stat) == 0
        ? stat
        : throw new PluginException($"{path} can't be looked at: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    /// <summary>The kernel's struct statx: the same on every architecture, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Statx
    {
        [FieldOffset(20)] internal uint User;
        [FieldOffset(28)] internal ushort Mode;
    }

#pragma warning disable SYSLIB1054 // The generated marshaller would need unsafe code in this project.
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int statx(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out Statx stat);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern uint geteuid();
#pragma warning restore SYSLIB1054
}
