using System.CommandLine;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd drivers</c>: the drivers there are, as <c>GROUP NAME SOURCE</c>.</summary>
static class DriversCommand
{
    public static Command Create()
    {
        var command = new Command("drivers", "Lists the drivers there are: GROUP NAME SOURCE.");
        command.SetAction(_ =>
        {
            foreach (DriverDeclaration driver in BuiltIn.Drivers().Drivers) Console.Out.WriteLine($"{driver.Group} {driver.Name} {driver.Source}");
            return ExitCode.Good;
        });
        return command;
    }
}
