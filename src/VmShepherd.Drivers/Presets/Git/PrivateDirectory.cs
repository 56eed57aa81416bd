using System.Runtime.InteropServices;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>A directory that nobody else can write to: what is read from it is what was fetched.</summary>
static class PrivateDirectory
{
    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const int CurrentDirectory = -100, DoNotFollow = 0x100, TypeMask = 0xF000, DirectoryType = 0x4000, OthersWrite = 0x12;
    const uint BasicStats = 0x7ff;

    /// <summary>Makes it with mode 0700, or sees that the one that is there is ours alone.</summary>
    /// <exception cref="GitException">It is not.</exception>
    internal static void Ensure(string path)
    {
        if (OperatingSystem.IsWindows()) throw new GitException("clones need a system with users and modes of files");
        try
        {
            Directory.CreateDirectory(path, Private);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GitException($"the directory {path} can't be made: {e.Message}");
        }
        if (statx(CurrentDirectory, path, DoNotFollow, BasicStats, out Statx stat) != 0) throw new GitException($"the directory {path} can't be looked at");
        if ((stat.Mode & TypeMask) != DirectoryType) throw new GitException($"{path} is a link or a file: a directory of our own is needed");
        if (stat.User != geteuid()) throw new GitException($"the directory {path} belongs to user {stat.User}, this process runs as user {geteuid()}: set clone_dir to a directory of its own");
        if ((stat.Mode & OthersWrite) != 0) throw new GitException($"the directory {path} can be written by others: chmod 700 it");
    }

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
