namespace VmShepherd.Drivers.Presets;

/// <summary>Reads a regular file whole, or not at all.</summary>
static class BoundedFile
{
    const int Attempts = 3;

    /// <summary>The bytes and the stamp they belong to. Every reason not to answer is an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> with words for the operator.</summary>
    internal static (byte[] Bytes, FileStamp Stamp) Read(string path, int maxBytes)
    {
        for (int attempt = 1; ; attempt++)
        {
            FileStamp before = FileStamp.Of(path);
            if (!before.IsRegular) throw new IOException($"not a regular file ({path})");
            if (before.Size > maxBytes) throw new IOException($"{before.Size} bytes, at most {maxBytes} are read ({path})");
            byte[] bytes = ReadUpTo(path, maxBytes);
            // Somebody writes to it this very moment: what we have may be half old, half new.
            if (FileStamp.Of(path) == before && bytes.Length == before.Size) return (bytes, before);
            if (attempt == Attempts) throw new IOException($"changes while it is read ({path})");
        }
    }

    static byte[] ReadUpTo(string path, int maxBytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] bytes = new byte[Math.Min(file.Length, maxBytes)];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }
}
