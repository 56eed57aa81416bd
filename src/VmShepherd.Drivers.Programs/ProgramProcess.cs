using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace VmShepherd.Drivers.Programs;

/// <summary>One life of a program: from its start to the end of it and of everything it started.</summary>
sealed class ProgramProcess : IAsyncDisposable
{
    /// <summary>A list of 10,000 machines is about 5 MiB.</summary>
    const int MaxMessage = 32 * 1024 * 1024;

    const int Kill = 9;
    static readonly TimeSpan LastWords = TimeSpan.FromSeconds(0.5);
    static readonly TimeSpan GoodBye = TimeSpan.FromSeconds(2);

    readonly Process _process;
    readonly ProgramCalls _calls;
    readonly TimeProvider _time;
    readonly Action<Process> _kill;
    readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _ending;

    ProgramProcess(Process process, ProgramLog log, TimeProvider time, Action<Process> kill)
    {
        (_process, _time, _kill) = (process, time, kill);
        _calls = new ProgramCalls(new LineMessages(process.StandardInput.BaseStream, process.StandardOutput.BaseStream, MaxMessage));
        _ = log.CopyAsync(process.StandardError.BaseStream);
        _ = ListenAsync();
        _ = WatchAsync();
    }

    /// <summary>Completes when it is over, with the reason.</summary>
    public Task<string> Ended => _ended.Task;

    public bool IsAlive => Volatile.Read(ref _ending) == 0;

    /// <summary>Starts it; it ends with <paramref name="starter"/> at the latest. What <paramref name="kill"/> does to end it and all that it started; <see langword="null"/> = by SIGKILL.</summary>
    /// <exception cref="ProgramException">It can't be started.</exception>
    public static async Task<ProgramProcess> StartAsync(ProgramStarter starter, ProgramDescription program, ProgramLog log, TimeProvider time, Action<Process>? kill = null)
    {
        try
        {
            return new ProgramProcess(await starter.StartAsync(StartInfo(program)).ConfigureAwait(false), log, time, kill ?? KillAll);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new ProgramException($"{program.Command[0]} can't be started: {e.Message} (setsid, setpriv and prlimit are of Debian's util-linux)", wasSent: false, e);
        }
    }

    /// <summary>A session of its own, so that what it forks ends with it; an end with ours, however that comes; no core files; bounded memory. Each tool becomes the next: the process is the program's own.</summary>
    public static ProcessStartInfo StartInfo(ProgramDescription program)
    {
        string memory = string.Create(CultureInfo.InvariantCulture, $"--data={program.Memory}");
        var start = new ProcessStartInfo("/usr/bin/setsid", ["/usr/bin/setpriv", "--pdeathsig=KILL", "/usr/bin/prlimit", "--core=0", memory, .. program.Command])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = program.Folder,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in program.Environment) start.Environment[name] = value;
        return start;
    }

    /// <summary>One call. Ends with its answer, or with the program.</summary>
    public Task<T> InvokeAsync<T>(string method, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken) =>
        _calls.InvokeAsync<T>(method, parameters, cancellationToken);

    /// <summary>Ends it and whatever it started, for a reason.</summary>
    public async void End(string? reason)
    {
        if (Interlocked.Exchange(ref _ending, 1) != 0) return;
        try
        {
            // Whoever closes its output is about to end by itself, and how it ends says more.
            if (reason is null && _calls.Complaint is null) await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(LastWords, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            reason ??= _calls.Complaint ?? (_process.HasExited ? $"it ended with exit code {_process.ExitCode}" : "it closed its output");
            reason += WhyNotKilled();
            // Its input ends with this, which is a sign to end even for a program that we may not kill.
            _calls.Close();
        }
        catch (Exception failed)
        {
            // Nobody awaits us: an exception that left here would end VmShepherd.
            reason = $"{reason ?? "it ended"} ({failed.GetType().Name}: {failed.Message})";
        }
        finally
        {
            _ended.TrySetResult(reason ?? "it ended");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (IsAlive)
        {
            // Its input ends: that is its sign to end.
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(GoodBye, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            End("it is not used any more");
        }
        await Ended.ConfigureAwait(false);
        _process.Dispose();
    }

    async Task ListenAsync()
    {
        try
        {
            await _calls.ListenAsync().ConfigureAwait(false);
        }
        finally
        {
            End(null);
        }
    }

    async Task WatchAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        End(null);
    }

    /// <summary>A program that changed its user, as sudo does, is not ours to kill.</summary>
    string WhyNotKilled()
    {
        try
        {
            _kill(_process);
            return "";
        }
        catch (Win32Exception refused)
        {
            return $" (it could not be killed: {refused.Message})";
        }
    }

    /// <summary>Its process group, itself first in case that it had no time to get one.</summary>
    static void KillAll(Process process)
    {
        int id = process.Id;
        if (!process.HasExited) process.Kill();
        _ = kill(-id, Kill);
    }

#pragma warning disable SYSLIB1054 // The generated marshaller would need unsafe code in this project.
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int kill(int id, int signal);
#pragma warning restore SYSLIB1054
}
