using System.CommandLine;
using System.Text;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd userdata</c>: the exact bytes that a machine of the preset would be started with.</summary>
static class UserdataCommand
{
    public static Command Create()
    {
        Option<string> file = CommonOptions.File();
        var name = new Argument<string>("PRESET") { Description = "The preset's name." };
        var command = new Command("userdata", "Writes the exact userdata of a preset's machines to stdout. It may hold secrets.") { name, file };
        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            (DriverRegistry drivers, SettingsReading reading) = SettingsFile.Open(parsed.GetRequiredValue(file));
            foreach (Diagnostic diagnostic in reading.Troubles) await Console.Error.WriteLineAsync(diagnostic.ToString());
            if (reading.Settings is not { } settings) return ExitCode.BadConfiguration;

            Preset preset = Find(await PresetReview.LoadAsync(settings, drivers, cancellationToken), parsed.GetRequiredValue(name));
            await using UserdataRenderer userdata = BuiltIn.Userdata();
            RenderedUserdata rendered = await userdata.RenderAsync(preset, cancellationToken);
            if (rendered.Problem is { } problem) throw new CommandException($"{preset.Location}: {problem}");
            await using Stream output = Console.OpenStandardOutput();
            await output.WriteAsync(Encoding.UTF8.GetBytes(rendered.Text ?? ""), cancellationToken);
            return ExitCode.Good;
        });
        return command;
    }

    static Preset Find(PresetCatalog catalog, string name)
    {
        if (catalog.Presets.TryGetValue(name, out Preset? preset)) return preset;
        CatalogProblem? problem = catalog.ProblemsOf(name).Concat(catalog.Problems).FirstOrDefault();
        throw new CommandException($"there is no valid preset '{name}'{(problem is null ? "" : $": {problem.Text}")}");
    }
}
