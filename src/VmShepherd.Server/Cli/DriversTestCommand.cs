using System.CommandLine;
using System.Globalization;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Conformance;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd drivers test</c>: tries each promise of its contract with a driver, in whatever language it is written.</summary>
static class DriversTestCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The driver's name, as it stands behind 'driver:'." };
        Option<string> file = CommonOptions.File();
        var image = new Option<string>("--image") { Description = "Of an IaaS driver: the image of the machines that are created.", HelpName = "NAME", DefaultValueFactory = _ => "image" };
        var flavor = new Option<string>("--flavor") { Description = "Of an IaaS driver: their flavor.", HelpName = "NAME", DefaultValueFactory = _ => "flavor" };
        var atOnce = new Option<bool>("--machines-run-at-once") { Description = "Of an IaaS driver: a machine runs in the very moment it is asked for." };
        var unreachable = new Option<string[]>("--unreachable") { Description = "Of an IaaS driver: an option that leads where nobody answers. May be given several times.", HelpName = "KEY=VALUE" };
        var port = new Option<string>("--port-option") { Description = "Of a health check: the option that holds the port it dials.", HelpName = "KEY", DefaultValueFactory = _ => "port" };
        var only = new Option<string?>("--only") { Description = "Just this sentence, as it is printed.", HelpName = "SENTENCE" };
        unreachable.Validators.Add(result =>
        {
            foreach (string pair in result.Tokens.Select(token => token.Value).Where(pair => !pair.Contains('=', StringComparison.Ordinal))) result.AddError($"--unreachable: expected KEY=VALUE, this is '{pair}'");
        });

        var command = new Command("test", "Tries each promise of its contract with a driver as the settings configure it: real machines are created and ended.") { name, file, image, flavor, atOnce, unreachable, port, only };
        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            (DriverRegistry drivers, SettingsReading reading) = SettingsFile.Open(parsed.GetRequiredValue(file));
            foreach (Diagnostic diagnostic in reading.Troubles) await Console.Error.WriteLineAsync(diagnostic.ToString());
            if (reading.Settings is not { } settings) return ExitCode.BadConfiguration;

            return await TryAsync(
                new DriverTrial(parsed.GetRequiredValue(name), settings, drivers)
                {
                    Image = parsed.GetRequiredValue(image),
                    Flavor = parsed.GetRequiredValue(flavor),
                    MachinesBoot = !parsed.GetValue(atOnce),
                    PortOption = parsed.GetRequiredValue(port),
                    Unreachable = (parsed.GetValue(unreachable) ?? []).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], object? (pair) => pair[1], StringComparer.Ordinal),
                },
                parsed.GetValue(only),
                cancellationToken);
        });
        return command;
    }

    static async Task<int> TryAsync(DriverTrial trial, string? only, CancellationToken cancellationToken)
    {
        string[] groups = [.. trial.Drivers.Offers.Where(offer => offer.Name == trial.Name).Select(offer => offer.Group).Distinct()];
        if (groups.Length == 0) throw new CommandException(trial.Drivers.Missing(trial.Name));
        bool isGood = true;
        foreach (string group in groups)
        {
            trial.Reference(group);
            await Console.Out.WriteLineAsync($"{trial.Name} ({group})");
            (Type suite, Func<object> create) = TrialSuites.Of(group, trial);
            var runner = new SuiteRunner(create, Console.Out) { Only = only };
            await runner.RunAsync(suite, cancellationToken);
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{runner.Passed} passed, {runner.Failed} failed, {runner.Skipped} skipped"));
            isGood &= runner.Failed == 0;
        }
        return isGood ? ExitCode.Good : ExitCode.Failed;
    }
}
