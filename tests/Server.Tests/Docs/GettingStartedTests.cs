using System.Diagnostics;
using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Docs;

/// <summary>docs/getting-started.md as a newcomer follows it: every block is run, in order, against the example configuration.</summary>
public sealed partial class GettingStartedTests
{
    /// <summary>What stands there takes a minute; a command that waits for something that never comes must not hang the suite.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_command_printed_there_works()
    {
        string root = RepositoryRoot();
        string[] blocks = [.. Blocks().Matches(await File.ReadAllTextAsync(Path.Combine(root, "docs/getting-started.md"), Ct)).Select(block => block.Groups[1].Value)];
        Assert.Equal("make run\n", blocks[0]);

        // `make run` builds, then starts the program with these settings: it is built already.
        await using VmShepherdProcess program = VmShepherdProcess.Start("-c", Path.Combine(root, "config/settings.yaml"));
        await program.SaysAsync("listening on http://127.0.0.1:8888");
        string script = string.Join('\n', blocks[1..]).Replace(
            "artifacts/bin/VmShepherd.Server/release/vmshepherd", Path.Combine(AppContext.BaseDirectory, "vmshepherd"), StringComparison.Ordinal);
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(Patience);
        Task<string> output = bash.StandardOutput.ReadToEndAsync(patience.Token), errors = bash.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await bash.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!bash.HasExited) bash.Kill(entireProcessTree: true);
        }

        Assert.True(bash.ExitCode == 0, $"exit {bash.ExitCode}\n{await output}\n{await errors}\n{program.Errors}");
        Assert.Contains("held by mass-failure: 3 of 3 checks fail", await output, StringComparison.Ordinal);
        Assert.Contains("at_rest", await output, StringComparison.Ordinal);
    }

    static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "VmShepherd.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("these tests run inside a checkout");
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();
}
