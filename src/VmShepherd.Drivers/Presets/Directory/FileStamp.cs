using System.Runtime.InteropServices;

namespace VmShepherd.Drivers.Presets;

/// <summary>What one stat says of a file, links followed: equal stamps hint at equal content.</summary>
readonly record struct FileStamp(bool IsRegular, long Size, DateTimeOffset Modified, long Changed, ulong Device, ulong Inode)
{
    const int CurrentDirectory = -100;
    const uint BasicStats = 0x7ff;
    const int TypeMask = 0xF000, Regular = 0x8000;

    /// <summary>Throws what opening the file would throw, if it is not there or out of reach.</summary>
    internal static FileStamp Of(string path)
    {
        if (!OperatingSystem.IsLinux()) return Portable(path);
        if (statx(CurrentDirectory, path, 0, BasicStats, out Statx stat) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)} ({path})");
        }
        DateTimeOffset modified = DateTimeOffset.UnixEpoch.AddTicks((stat.ModifiedSeconds * TimeSpan.TicksPerSecond) + (stat.ModifiedNanoseconds / 100));
        return new FileStamp((stat.Mode & TypeMask) == Regular, (long)stat.Size, modified, (stat.ChangedSeconds * 1_000_000_000) + stat.ChangedNanoseconds,
            ((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor, stat.Inode);
    }

    static FileStamp Portable(string path)
    {
        var info = new FileInfo(path);
        if (info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) info = target;
        return new FileStamp(info.Attributes is var a && (a & (FileAttributes.Directory | FileAttributes.Device)) == 0, info.Length, info.LastWriteTimeUtc, 0, 0, 0);
    }

    /// <summary>The kernel's struct statx: the same on every architecture, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Statx
    {
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Inode;
        [FieldOffset(40)] internal ulong Size;
        [FieldOffset(96)] internal long ChangedSeconds;
        [FieldOffset(104)] internal uint ChangedNanoseconds;
        [FieldOffset(112)] internal long ModifiedSeconds;
        [FieldOffset(120)] internal uint ModifiedNanoseconds;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
    }

#pragma warning disable SYSLIB1054 // The generated marshaller would need unsafe code in this project.
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int statx(int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, out Statx stat);
#pragma warning restore SYSLIB1054
}
