using System.CommandLine;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Hosting;
using VmShepherd.Server.Plugins;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd drivers</c>: the drivers there are, as <c>GROUP NAME SOURCE</c>, and what each one's options are.</summary>
static class DriversCommand
{
    public static Command Create()
    {
        Option<string?> file = CommonOptions.PluginsOf();
        var command = new Command("drivers", "Lists the drivers there are: GROUP NAME SOURCE.") { file, Show(), DriversTestCommand.Create() };
        command.SetFallibleAction(async (parsed, _) =>
        {
            foreach (DriverOffer driver in (await FindAsync(parsed.GetValue(file))).Offers) await Console.Out.WriteLineAsync($"{driver.Group} {driver.Name} {driver.Source}");
            return ExitCode.Good;
        });
        return command;
    }

    static Command Show()
    {
        var name = new Argument<string>("NAME") { Description = "The driver's name, as it stands behind 'driver:'." };
        Option<string?> file = CommonOptions.PluginsOf();
        var command = new Command("show", "Says what a driver's options are: type, default, bounds, meaning.") { name, file };
        command.SetFallibleAction(async (parsed, _) =>
        {
            string wanted = parsed.GetRequiredValue(name);
            DriverRegistry drivers = await FindAsync(parsed.GetValue(file));
            string[] groups = [.. drivers.Offers.Where(offer => offer.Name == wanted).Select(offer => offer.Group).Distinct()];
            if (groups.Length == 0) throw new CommandException(drivers.Missing(wanted));
            foreach (string group in groups)
            {
                if (drivers.Find(group, wanted) is not { } driver) throw new CommandException($"driver '{wanted}' ({group}) can't be used: {drivers.WhyNot(group, wanted)}");
                await Console.Out.WriteAsync(DriverSheet.Of(driver));
            }
            return ExitCode.Good;
        });
        return command;
    }

    static async Task<DriverRegistry> FindAsync(string? file)
    {
        DriversFound found = SettingsFile.FindDrivers(file);
        foreach (Diagnostic refused in found.Refused) await Console.Error.WriteLineAsync(refused.ToString());
        return found.Drivers;
    }
}
