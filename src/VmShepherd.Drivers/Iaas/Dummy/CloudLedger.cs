using System.Text.Json;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>What can happen to a simulated machine.</summary>
public enum LedgerOp
{
    Create,
    Terminate,
    Die,
    Hang,
    Error,
    Heal,
}

/// <summary>One thing that really happened to a machine, whatever the caller came to know of it.</summary>
/// <param name="Time">When it had its effect.</param>
/// <param name="Op">What happened.</param>
/// <param name="Preset">The preset on whose behalf it was ended, else the machine's name.</param>
/// <param name="Id">The machine.</param>
/// <param name="Intent">The intent it was created for; <see langword="null"/> = it bears none.</param>
/// <param name="Token">The lease token of the create or end; <see langword="null"/> = none was given.</param>
public sealed record LedgerEntry(DateTimeOffset Time, LedgerOp Op, string Preset, string Id, string? Intent, string? Token);

/// <summary>The last entries in memory, all of them in a file if one is named. The caller holds the cloud's lock.</summary>
sealed class CloudLedger : IDisposable
{
    const int Kept = 10_000;

    readonly Queue<LedgerEntry> _last = new();
    readonly FileStream? _file;

    public CloudLedger(string? file)
    {
        // Unbuffered: a line is in the file before anybody hears of its effect, and outlives a killed process.
        if (file is not null) _file = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    public IReadOnlyList<LedgerEntry> Last => [.. _last];

    public void Append(LedgerEntry entry)
    {
        if (_last.Count == Kept) _last.Dequeue();
        _last.Enqueue(entry);
        _file?.Write(Line(entry));
    }

    public static byte[] Line(LedgerEntry entry) => [.. JsonSerializer.SerializeToUtf8Bytes(entry, DummyCloudJson.Default.LedgerEntry), (byte)'\n'];

    public void Dispose() => _file?.Dispose();
}
