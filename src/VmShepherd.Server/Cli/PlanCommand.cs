using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Hosting;
using VmShepherd.Server.Plans;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd plan</c>: what would be done now, and why not more. Changes nothing.</summary>
static class PlanCommand
{
    public static Command Create()
    {
        var presets = new Argument<string[]>("PRESET") { Description = "Only these presets.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> file = CommonOptions.File();
        file.Required = false;
        Option<Uri?> server = CommonOptions.Server(required: false);
        Option<string?> tokenFile = CommonOptions.TokenFile();
        var output = new Option<string>("--output", "-o") { Description = "table or json.", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
        output.AcceptOnlyFromAmong("table", "json");
        var detailed = new Option<bool>("--detailed-exitcode") { Description = "End with 2 when there are steps." };

        var command = new Command("plan", "Says what would be done now, and why not more. Changes nothing.") { presets, file, server, tokenFile, output, detailed };
        command.Validators.Add(result =>
        {
            if (result.GetResult(file) is null && result.GetResult(server) is null) result.AddError("plan: give --config FILE, or --server URL to ask a running one");
        });
        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            string[] names = parsed.GetValue(presets) ?? [];
            JsonElement? plan = parsed.GetValue(server) is { } url
                ? await AskAsync(url, parsed.GetValue(tokenFile), names, cancellationToken)
                : await MakeAsync(parsed.GetRequiredValue(file), names, cancellationToken);
            if (plan is null) return ExitCode.BadConfiguration;

            if (parsed.GetValue(output) == "json") await Console.Out.WriteLineAsync(plan.Value.GetRawText());
            else PlanTable.Write(Console.Out, plan.Value);
            return ExitCodeOf(plan.Value, parsed.GetValue(detailed));
        });
        return command;
    }

    static async Task<JsonElement?> AskAsync(Uri server, string? tokenFile, string[] presets, CancellationToken cancellationToken)
    {
        using var api = new ApiClient(server, tokenFile);
        return await api.CallAsync("plan", presets, cancellationToken);
    }

    /// <returns><see langword="null"/> = the settings are not valid; what is wrong has been said.</returns>
    static async Task<JsonElement?> MakeAsync(string file, string[] presets, CancellationToken cancellationToken)
    {
        (DriverRegistry drivers, SettingsReading reading) = SettingsFile.Open(file);
        foreach (Diagnostic diagnostic in reading.Troubles) await Console.Error.WriteLineAsync(diagnostic.ToString());
        if (reading.Settings is not { } settings) return null;

        await using UserdataRenderer userdata = BuiltIn.Userdata();
        await using Shepherd shepherd = ShepherdFactory.Create(settings, drivers, userdata, ShepherdFactory.NewInstance(), NullLoggerFactory.Instance);
        IReadOnlyList<PresetPlan> plans;
        try
        {
            plans = await shepherd.PlanAsync(presets, cancellationToken);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // The store or the presets can't be read; each driver has its own words and exceptions for it.
            throw new CommandException($"{file}: {failed.Message}");
        }

        return JsonSerializer.Deserialize<JsonElement>(PlanDocument.Render(shepherd.Catalog.Revision, plans).Span);
    }

    static int ExitCodeOf(JsonElement plan, bool detailed)
    {
        JsonElement[] presets = [.. plan.GetProperty("presets").EnumerateArray()];
        if (presets.Any(preset => preset.GetProperty("outcome").GetString() == "failed")) return ExitCode.Failed;
        return detailed && presets.Any(preset => preset.GetProperty("steps").GetArrayLength() > 0) ? ExitCode.ChangesPending : ExitCode.Good;
    }
}
