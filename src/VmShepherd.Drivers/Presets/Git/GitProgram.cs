using System.ComponentModel;
using System.Diagnostics;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>One call of git.</summary>
/// <param name="Arguments">Never a secret: every user of the host can read them.</param>
/// <param name="Limit">After this the process and its children are killed.</param>
/// <param name="MaxOutput">More than this is an error.</param>
sealed record GitCall(IReadOnlyList<string> Arguments, TimeSpan Limit, int MaxOutput)
{
    internal required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What the process reads. For a call that reaches the network: the credential, from descriptor 9.</summary>
    internal ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Bytes that any file it writes may have; <see langword="null"/> = it writes none and stays on this machine.</summary>
    internal long? MaxFile { get; init; }

    /// <summary>Texts that must not come out in a message.</summary>
    internal IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>Runs git: by its absolute path, with an environment of our own, within bounds of time, output and disk.</summary>
sealed class GitProgram(string path, TimeProvider time)
{
    internal const string Path = "/usr/bin/git";
    const int MaxErrorText = 16 * 1024;

    /// <summary>The shell sets the bound on files, which only a process can set for itself, and hands the credential on as a descriptor: neither argument, environment nor disk ever has it.</summary>
    const string Bounded = "ulimit -c 0 && ulimit -f \"$1\" && shift && exec 9<&0 </dev/null && exec \"$@\"";

    /// <returns>What it wrote to stdout.</returns>
    /// <exception cref="GitException">It failed, or a bound was reached.</exception>
    internal async Task<byte[]> RunAsync(GitCall call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(call.Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using Process process = Start(call);
        try
        {
            Task<byte[]> errors = ReadStartAsync(process.StandardError.BaseStream, MaxErrorText, stop.Token);
            Task feeding = FeedAsync(process, call.Input, stop.Token);
            byte[] output = await ReadAllAsync(process.StandardOutput.BaseStream, call.MaxOutput, stop.Token);
            await feeding;
            byte[] said = await errors;
            await process.WaitForExitAsync(stop.Token);
            return process.ExitCode == 0 ? output : throw new GitException(GitMessage.Of(said, process.ExitCode, call.Secrets));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GitException($"no answer within {call.Limit.TotalSeconds:0.#} s");
        }
        finally
        {
            await EndAsync(process);
        }
    }

    Process Start(GitCall call)
    {
        ProcessStartInfo start = call.MaxFile is { } max
            ? new ProcessStartInfo("/bin/sh", ["-c", Bounded, "git", $"{max / 512}", path, .. call.Arguments])
            : new ProcessStartInfo(path, call.Arguments);
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        start.WorkingDirectory = call.Environment["HOME"];
        start.Environment.Clear();
        foreach ((string name, string value) in call.Environment) start.Environment[name] = value;
        if (!File.Exists(path)) throw new GitException($"git is needed at {path}: apt-get install git");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new GitException($"{start.FileName} can't be started: {e.Message}");
        }
    }

    static async Task FeedAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading: its exit code says why.
        }
    }

    static async Task<byte[]> ReadAllAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        using var read = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        for (int n; (n = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            read.Write(buffer, 0, n);
            if (read.Length > max) throw new GitException($"more than {max} bytes of names or files") { IsOfTheCommit = true };
        }
        return read.ToArray();
    }

    /// <summary>The first bytes; the rest is read and thrown away, so that nobody waits for us.</summary>
    static async Task<byte[]> ReadStartAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        using var read = new MemoryStream();
        byte[] buffer = new byte[4096];
        for (int n; (n = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
            read.Write(buffer, 0, (int)Math.Min(n, max - read.Length));
        return read.ToArray();
    }

    static async Task EndAsync(Process process)
    {
        if (process.HasExited) return;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
    }
}
