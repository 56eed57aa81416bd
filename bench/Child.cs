using System.Diagnostics;
using System.Globalization;

namespace Bench;

/// <summary>A process that we started, and what it has cost so far. It ends with us.</summary>
sealed class Child : IDisposable
{
    readonly Process _process;

    Child(Process process) => _process = process;

    /// <summary>When it was started.</summary>
    public long StartedAt { get; private init; }

    public StreamReader Output => _process.StandardOutput;

    /// <summary>Of a child started with <c>errors: true</c>.</summary>
    public StreamReader Errors => _process.StandardError;

    public static Child Start(string program, IEnumerable<string> arguments, bool errors = false)
    {
        long startedAt = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = errors, UseShellExecute = false };
        return new Child(Process.Start(start)!) { StartedAt = startedAt };
    }

    /// <summary>User and system, all threads.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public double ResidentMegabytes => Megabytes("VmRSS:");

    public double PeakMegabytes => Megabytes("VmHWM:");

    public Task EndedAsync() => _process.WaitForExitAsync();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    double Megabytes(string key)
    {
        string line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(key, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^2], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
