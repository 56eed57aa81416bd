using System.CommandLine;

namespace VmShepherd.Server.Cli;

/// <summary>A command that is one call of the API of a running server.</summary>
static class RemoteCommand
{
    /// <param name="name">As it is typed.</param>
    /// <param name="method">Of the API: takes a preset, and the reason if there is one.</param>
    /// <param name="description">For the help.</param>
    /// <param name="reason">What else can be said; null = nothing.</param>
    public static Command Create(string name, string method, string description, Option<string?>? reason = null)
    {
        var preset = new Argument<string>("PRESET") { Description = "The preset's name." };
        Option<Uri?> server = CommonOptions.Server(required: true);
        Option<string?> tokenFile = CommonOptions.TokenFile();
        var command = new Command(name, description) { preset, server, tokenFile };
        if (reason is not null) command.Options.Add(reason);
        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            string[] parameters = reason is not null && parsed.GetValue(reason) is { } why ? [parsed.GetRequiredValue(preset), why] : [parsed.GetRequiredValue(preset)];
            using var api = new ApiClient(parsed.GetValue(server)!, parsed.GetValue(tokenFile));
            await Console.Out.WriteLineAsync((await api.CallAsync(method, parameters, cancellationToken)).ToString());
            return ExitCode.Good;
        });
        return command;
    }
}
