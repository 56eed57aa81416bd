using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Plugins;

namespace VmShepherd.Server.Tests.Docs;

/// <summary>docs/drivers/write-your-own.md as a stranger follows it: in an empty folder, with the packed packages and the program alone.</summary>
[Collection(nameof(PackedSdk))]
public sealed partial class WriteYourOwnTests(PackedSdk sdk)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_command_for_a_driver_in_CSharp_works()
    {
        string output = await FollowAsync("## In C\\#", "## In Python");
        Assert.Contains("vmshepherd.driver.healthcheck GreetingCheck Acme.Checks", output, StringComparison.Ordinal);
        Assert.Contains("banner: a string; default SSH-", output, StringComparison.Ordinal);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        Assert.Contains("ok    A silent machine does not pass", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_for_a_driver_in_Python_works()
    {
        string output = await FollowAsync("## In Python", null);
        Assert.Contains("SshCheck (vmshepherd.driver.healthcheck) of ssh-check", output, StringComparison.Ordinal);
        Assert.Contains("ok    A machine where nobody listens has failed", output, StringComparison.Ordinal);
    }

    /// <summary>Writes each file and runs each command between two headings, in the order of the page.</summary>
    async Task<string> FollowAsync(string from, string? to)
    {
        string page = await File.ReadAllTextAsync(Path.Combine(PackedSdk.Repository, "docs/drivers/write-your-own.md"), Ct);
        int begin = page.IndexOf(from, StringComparison.Ordinal), end = to is null ? page.Length : page.IndexOf(to, StringComparison.Ordinal);
        Assert.True(begin >= 0 && end > begin, "the page has other headings");
        using var folder = sdk.NewFolder();
        string here = folder.Path, output = "";
        foreach (Match block in Blocks().Matches(page[begin..end]))
        {
            string text = block.Groups[2].Value;
            if (block.Groups[1].Value == "console")
            {
                foreach (string command in text.Split('\n').Where(line => line.StartsWith("$ ", StringComparison.Ordinal)).Select(line => line[2..]))
                {
                    if (command.StartsWith("cd ", StringComparison.Ordinal)) here = Path.Combine(here, command[3..]);
                    else output += await sdk.RunAsync(here, command, Ct);
                }
            }
            else if (FileName().Match(text) is { Success: true } name)
            {
                string file = Path.Combine(here, name.Groups[1].Value);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, text, Ct);
            }
        }
        return output;
    }

    [GeneratedRegex("^```(\\w+)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();

    /// <summary>A block whose first line is a comment with a path is that file.</summary>
    [GeneratedRegex(@"^(?:#|//) ([\w./-]+\.\w+)\n")]
    private static partial Regex FileName();
}
