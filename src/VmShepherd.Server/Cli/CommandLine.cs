using System.CommandLine;
using System.CommandLine.Invocation;

namespace VmShepherd.Server.Cli;

/// <summary>What can be said on the command line. Data goes to stdout, talk to stderr.</summary>
static class CommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Root().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            if (parsed.Action is ParseErrorAction action) action.ShowHelp = false;
            await parsed.InvokeAsync(new InvocationConfiguration { Output = Console.Error });
            await Console.Error.WriteLineAsync("vmshepherd --help says what there is.");
            return ExitCode.Usage;
        }

        // Signals are the command's own affair: nothing but the shepherd itself must end in order.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    static RootCommand Root()
    {
        var root = new RootCommand("Keeps groups of virtual machines alive: as many as asked, healthy, as specified.")
        {
            RunCommand.Create(),
            ValidateCommand.Create(),
            PlanCommand.Create(),
            DoctorCommand.Create(),
            DriversCommand.Create(),
            UserdataCommand.Create(),
            SchemaCommand.Create(),
            DummyCloudCommand.Create(),
            RemoteCommand.Create("accept-scope", "accept_scope", "Says that the scope a preset's driver is logged in to now is the right one."),
            RemoteCommand.Create("confirm", "confirm", "Says that a preset's new count, or a new preset that looks like one that vanished, is meant."),
            RemoteCommand.Create("manage", "manage", "Makes a preset due now."),
            RemoteCommand.Create("pause", "pause", "Creates and ends nothing in a preset until it is resumed; looks and checks go on.",
                new Option<string?>("--reason") { Description = "Why, for those who find it paused.", HelpName = "TEXT" }),
            RemoteCommand.Create("resume", "resume", "Ends the pause of a preset; failed checks count from then on."),
        };
        RunCommand.AddTo(root);
        return root;
    }
}
