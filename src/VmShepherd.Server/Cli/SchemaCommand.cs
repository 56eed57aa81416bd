using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Schemas;
using VmShepherd.Server.Hosting;
using VmShepherd.Server.Plugins;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd schema settings|preset</c>: what an editor needs to complete and check the files.</summary>
static class SchemaCommand
{
    /// <summary>For people, too: nothing here becomes HTML.</summary>
    static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        Argument<string> of = new Argument<string>("OF") { Description = "settings or preset.", HelpName = "settings|preset" }.AcceptOnlyFromAmong("settings", "preset");
        Option<string?> file = CommonOptions.PluginsOf();
        var command = new Command("schema", "Writes the JSON Schema of settings or presets to stdout, for editors.") { of, file };
        command.SetAction(parsed =>
        {
            DriversFound found = SettingsFile.FindDrivers(parsed.GetValue(file));
            foreach (Diagnostic refused in found.Refused) Console.Error.WriteLine(refused);
            JsonObject schema = parsed.GetRequiredValue(of) == "preset" ? ConfigurationSchema.Preset(found.Drivers) : ConfigurationSchema.Settings(found.Drivers);
            using Stream output = Console.OpenStandardOutput();
            using (var json = new Utf8JsonWriter(output, Readable)) schema.WriteTo(json);
            output.WriteByte((byte)'\n');
            return ExitCode.Good;
        });
        return command;
    }
}
