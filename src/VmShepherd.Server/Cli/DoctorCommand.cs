using System.CommandLine;
using System.Security.Cryptography;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd doctor</c>: whether each IaaS can be logged in to, and has what the presets name. Changes nothing.</summary>
static class DoctorCommand
{
    public static Command Create()
    {
        Option<string> file = CommonOptions.File();
        var command = new Command("doctor", "Logs in to each IaaS and looks for all that the presets name: image, flavor, network, quota. Changes nothing.") { file };
        command.SetFallibleAction((parsed, cancellationToken) => ExamineAsync(parsed.GetRequiredValue(file), cancellationToken));
        return command;
    }

    static async Task<int> ExamineAsync(string file, CancellationToken cancellationToken)
    {
        (DriverRegistry drivers, SettingsReading reading) = SettingsFile.Open(file);
        foreach (Diagnostic diagnostic in reading.Troubles) await Console.Error.WriteLineAsync(diagnostic.ToString());
        if (reading.Settings is not { } settings) return ExitCode.BadConfiguration;

        PresetCatalog catalog = await PresetReview.LoadAsync(settings, drivers, cancellationToken);
        int wrong = 0;
        foreach (CatalogProblem problem in catalog.Problems)
        {
            wrong++;
            await Console.Out.WriteLineAsync($"WRONG  {(problem.Origin.Length > 0 ? problem.Origin : file)}: {problem.Text}");
        }

        var context = new DriverContext(TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), SettingsFile.DirectoryOf(file));
        await using var pool = new DriverPool(drivers, context);
        foreach (IGrouping<string, Preset> account in catalog.Presets.Values.OrderBy(preset => preset.Name, StringComparer.Ordinal).GroupBy(preset => preset.Iaas.Key))
        {
            Preset[] presets = [.. account];
            await Console.Out.WriteLineAsync($"{presets[0].Iaas.Name} of {Names(presets)}");
            foreach (Finding finding in await Examination.OfAsync(pool, presets, TimeProvider.System, cancellationToken))
            {
                if (!finding.IsGood) wrong++;
                await Console.Out.WriteLineAsync($"  {(finding.IsGood ? "ok   " : "WRONG")}  {(finding.Preset is { } preset ? $"{preset}: " : "")}{finding.Subject}: {finding.Text}");
            }
        }

        await Console.Error.WriteLineAsync($"{wrong} things are wrong, {catalog.Presets.Count} presets were looked at");
        return wrong == 0 ? ExitCode.Good : ExitCode.Failed;
    }

    static string Names(Preset[] presets)
    {
        const int Shown = 5;
        string first = string.Join(", ", presets.Take(Shown).Select(preset => preset.Name));
        return presets.Length <= Shown ? first : $"{first} and {presets.Length - Shown} more";
    }
}
