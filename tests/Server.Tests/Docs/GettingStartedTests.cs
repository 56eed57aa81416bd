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
        string root = Checkout.Root;
        string[] blocks = [.. Blocks().Matches(await File.ReadAllTextAsync(Path.Combine(root, "docs/getting-started.md"), Ct)).Select(block => block.Groups[1].Value)];
        Assert.Equal("make run\n", blocks[0]);

        // `make run` builds, then starts the program with these settings: it is built already.
        await using VmShepherdProcess program = VmShepherdProcess.Start("-c", Path.Combine(root, "config/settings.yaml"));
        await program.SaysAsync("listening on http://127.0.0.1:8888");
        string script = string.Join('\n', blocks[1..]).Replace(
            "artifacts/bin/VmShepherd.Server/release/vmshepherd", Path.Combine(AppContext.BaseDirectory, "vmshepherd"), StringComparison.Ordinal);
        string output = await Checkout.ShellAsync(script, Patience);

        Assert.Contains("held by mass-failure: 3 of 3 checks fail", output, StringComparison.Ordinal);
        Assert.Contains("at_rest", output, StringComparison.Ordinal);
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();
}
