using System.CommandLine;
using System.Globalization;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd [run]</c>: the service itself. The bare command line is that of the original program.</summary>
static class RunCommand
{
    static readonly string[] Levels = ["debug", "info", "warning", "error"];

    public static Command Create()
    {
        var command = new Command("run", "Keeps the presets alive until it is told to stop. The same as no command at all.");
        AddTo(command);
        return command;
    }

    public static void AddTo(Command command)
    {
        Option<string> file = CommonOptions.File();
        var level = new Option<string?>("--log-level", "-l") { Description = "debug, info, warning or error; else as the settings say.", HelpName = "LEVEL" };
        level.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, Levels);
        var port = new Option<int?>("--port", "-p")
        {
            Description = "Port of API and page; else as the settings say.",
            HelpName = "PORT",
            CustomParser = result =>
            {
                if (ushort.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)) return number;
                result.AddError("--port: expected 0 to 65535");
                return null;
            },
        };
        var once = new Option<bool>("--once", "-1") { Description = "One cycle over everything due, then end: 0, or 1 when a preset failed or is frozen." };

        command.Options.Add(file);
        command.Options.Add(level);
        command.Options.Add(port);
        command.Options.Add(once);
        command.SetFallibleAction((parsed, _) => RunningServer.RunAsync(
            new RunOptions(parsed.GetRequiredValue(file), parsed.GetValue(level), parsed.GetValue(port), parsed.GetValue(once)), Console.Error));
    }
}
