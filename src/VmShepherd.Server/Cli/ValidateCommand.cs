using System.CommandLine;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Access;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd validate</c>: every mistake in settings, presets and userdata, each on its own line.</summary>
static class ValidateCommand
{
    public static Command Create()
    {
        Option<string> file = CommonOptions.File();
        var command = new Command("validate", "Checks settings, presets and userdata: every mistake on its own line, FILE:LINE:COL PATH: text.") { file };
        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            List<Diagnostic> found = await CheckAsync(parsed.GetRequiredValue(file), cancellationToken);
            foreach (Diagnostic diagnostic in found) await Console.Out.WriteLineAsync(diagnostic.ToString());
            int errors = found.Count(diagnostic => diagnostic.Severity == Severity.Error);
            int warnings = found.Count(diagnostic => diagnostic.Severity == Severity.Warning);
            await Console.Error.WriteLineAsync($"{errors} mistakes, {warnings} warnings");
            return errors == 0 ? ExitCode.Good : ExitCode.BadConfiguration;
        });
        return command;
    }

    static async Task<List<Diagnostic>> CheckAsync(string file, CancellationToken cancellationToken)
    {
        (DriverRegistry drivers, SettingsReading reading) = SettingsFile.Open(file);
        List<Diagnostic> found = [.. reading.Diagnostics];
        if (reading.Settings is not { } settings) return found;

        try
        {
            AccessPolicy.From(settings.Http, SettingsFile.DirectoryOf(file));
        }
        catch (AccessException refused)
        {
            found.Add(Wrong(file, "http", refused.Message));
        }

        PresetCatalog catalog = await PresetReview.LoadAsync(settings, drivers, cancellationToken);
        found.AddRange(catalog.Problems.Where(problem => problem.Diagnostics.Count == 0)
            .Select(problem => Wrong(problem.Origin.Length > 0 ? problem.Origin : file, "", problem.Text)));
        found.AddRange(catalog.Diagnostics);
        await using UserdataRenderer userdata = BuiltIn.Userdata();
        foreach (Preset preset in catalog.Presets.Values.OrderBy(preset => preset.Origin, StringComparer.Ordinal))
        {
            if ((await userdata.RenderAsync(preset, cancellationToken)).Problem is { } problem)
                found.Add(new Diagnostic(Severity.Error, preset.Location, preset.Userdata.At?.Line ?? 0, preset.Userdata.At?.Column ?? 0, "userdata", problem));
        }

        return found;
    }

    static Diagnostic Wrong(string file, string path, string text) => new(Severity.Error, file, 0, 0, path, text);
}
