using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace VmShepherd.Server.Tests.Running;

/// <summary>The real process in a process of its own.</summary>
public sealed partial class VmShepherdProcess : IAsyncDisposable
{
    /// <summary>Only for what hangs: three that start at once on two cores that others use, too, have taken 40 s.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly Process _process;
    readonly StringBuilder _output = new(), _errors = new();
    readonly Task _reading;

    VmShepherdProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(CollectAsync(process.StandardOutput, _output), CollectAsync(process.StandardError, _errors));
    }

    /// <summary>The program beside the tests.</summary>
    public static string Built { get; } = Path.Combine(AppContext.BaseDirectory, "vmshepherd");

    public string Output => Snapshot(_output);

    public string Errors => Snapshot(_errors);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static VmShepherdProcess Start(params string[] arguments) => Start(arguments, []);

    public static VmShepherdProcess Start(string[] arguments, params (string Name, string Value)[] environment) =>
        StartProgram(Built, arguments, environment);

    /// <summary>One that was put elsewhere.</summary>
    public static VmShepherdProcess StartProgram(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        // Who runs the tests in the background has SIGINT ignored, and children inherit that: env gives it back, and becomes the program.
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT,HUP,TERM", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return new VmShepherdProcess(Process.Start(start)!);
    }

    /// <summary>A server that listens; its address is in its log.</summary>
    public static Task<(VmShepherdProcess Process, Uri Url)> ServeAsync(Installation installation, params (string Name, string Value)[] environment) =>
        ServeProgramAsync(Built, installation, environment);

    public static async Task<(VmShepherdProcess Process, Uri Url)> ServeProgramAsync(string program, Installation installation, params (string Name, string Value)[] environment)
    {
        VmShepherdProcess process = StartProgram(program, ["-c", installation.SettingsFile, "-p", "0"], environment);
        try
        {
            return (process, await process.ListensAsync());
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it listens.</summary>
    public async Task<Uri> ListensAsync()
    {
        await SaysAsync("listening on http://");
        return new Uri(Listening().Match(Errors).Groups[1].Value.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
    }

    /// <summary>Waits for a text on stderr.</summary>
    public async Task SaysAsync(string text, int times = 1)
    {
        long started = Stopwatch.GetTimestamp();
        while (Errors.Split(text).Length - 1 < times)
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience)
                Assert.Fail($"waited for '{text}'; exited: {_process.HasExited}; stderr:\n{Errors}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async Task<int> ExitsAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _reading;
        return _process.ExitCode;
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/kill", ["-" + signal, Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))!;
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
    }

    static async Task CollectAsync(StreamReader from, StringBuilder to)
    {
        char[] buffer = new char[4096];
        int read;
        while ((read = await from.ReadAsync(buffer)) > 0)
        {
            lock (to) to.Append(buffer, 0, read);
        }
    }

    static string Snapshot(StringBuilder text)
    {
        lock (text) return text.ToString();
    }

    [GeneratedRegex(@"listening on (http://[\w.:]+)")]
    private static partial Regex Listening();
}
