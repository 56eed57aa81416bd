using System.CommandLine;

namespace VmShepherd.Server.Cli;

static class Commands
{
    /// <summary>A failure that explains itself is one line on stderr.</summary>
    public static void SetFallibleAction(this Command command, Func<ParseResult, CancellationToken, Task<int>> act) => command.SetAction(async (parsed, cancellationToken) =>
    {
        try
        {
            return await act(parsed, cancellationToken);
        }
        catch (Exception failed) when (failed is CommandException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"vmshepherd: {failed.Message}");
            return (failed as CommandException)?.ExitCode ?? ExitCode.Failed;
        }
    });
}
