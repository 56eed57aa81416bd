using System.IO.Enumeration;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets;

namespace Bench;

/// <summary>10,000 files that nobody touched, looked at again. Floor: the directory enumerated, each file's size and time compared with what is known.</summary>
static class PresetFiles
{
    const int Files = 10_000, Count = 15;

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        using var workspace = new Workspace(Files, machines: 10);
        string directory = Path.Combine(workspace.Root, "presets");
        var driver = new DirectoryDriver(new DirectoryDriverOptions { Path = directory }, new DriverContext(TimeProvider.System, new Random(1), workspace.Root));
        PresetSnapshot first = await driver.LoadAsync(CancellationToken.None);
        Dictionary<string, (long Size, DateTimeOffset Modified)> known = Stamps(directory).ToDictionary(stamp => stamp.Path, stamp => (stamp.Size, stamp.Modified), StringComparer.Ordinal);

        (Series measured, Series floor) = await Rounds.ByTurnsAsync(Count, LookAsync, BareAsync);
        return [new Row("unchanged presets, 10,000 files: ms of CPU", measured, floor, Bound.AtMost, 100)];

        async Task<double> LookAsync() => (await Rounds.CpuAsync(async () =>
        {
            if (!ReferenceEquals(await driver.LoadAsync(CancellationToken.None), first)) throw new InvalidOperationException("the files changed");
        })).TotalMilliseconds;

        async Task<double> BareAsync() => (await Rounds.CpuAsync(() =>
        {
            int same = Stamps(directory).Count(stamp => known.TryGetValue(stamp.Path, out (long, DateTimeOffset) before) && before == (stamp.Size, stamp.Modified));
            return same == Files ? Task.CompletedTask : throw new InvalidOperationException("the files changed");
        })).TotalMilliseconds;
    }

    static FileSystemEnumerable<(string Path, long Size, DateTimeOffset Modified)> Stamps(string directory) =>
        new(directory, (ref FileSystemEntry entry) => (entry.ToFullPath(), entry.Length, entry.LastWriteTimeUtc));
}
