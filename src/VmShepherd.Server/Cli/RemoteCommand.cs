using System.CommandLine;

namespace VmShepherd.Server.Cli;

/// <summary>A command that is one call of the API of a running server.</summary>
static class RemoteCommand
{
    public static Command Create(string name, string method, string description)
    {
        var preset = new Argument<string>("PRESET") { Description = "The preset's name." };
        Option<Uri?> server = CommonOptions.Server(required: true);
        Option<string?> tokenFile = CommonOptions.TokenFile();
        var command = new Command(name, description) { preset, server, tokenFile };
        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            using var api = new ApiClient(parsed.GetValue(server)!, parsed.GetValue(tokenFile));
            await Console.Out.WriteLineAsync((await api.CallAsync(method, [parsed.GetRequiredValue(preset)], cancellationToken)).ToString());
            return ExitCode.Good;
        });
        return command;
    }
}
