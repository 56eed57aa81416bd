using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using VmShepherd.Core.Configuration.Yaml;

namespace Core.Tests.Configuration.Schemas;

/// <summary>A validator that is not ours: Debian's <c>python3-jsonschema</c>. Without it the tests fail.</summary>
static class JsonSchema
{
    /// <summary>For each document "good", or what is wrong with it.</summary>
    internal static async Task<string[]> ValidateAsync(JsonObject schema, IEnumerable<YamlNode> documents)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Configuration", "Schemas", "validate.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var python = Process.Start(start)!;
        var given = new JsonObject { ["schema"] = schema.DeepClone(), ["documents"] = new JsonArray([.. documents.Select(Json)]) };
        Task<string> errors = python.StandardError.ReadToEndAsync();
        Task<string> answers = python.StandardOutput.ReadToEndAsync();
        await python.StandardInput.WriteAsync(given.ToJsonString());
        python.StandardInput.Close();
        await python.WaitForExitAsync();
        return python.ExitCode == 0 ? (await answers).Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw new InvalidOperationException($"scripts/install-test-tools installs jsonschema. {await errors}");
    }

    /// <summary>As an editor has it.</summary>
    static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMapping mapping => new JsonObject(mapping.Entries.Select(e => KeyValuePair.Create(e.Name, Json(e.Value)))),
        YamlSequence list => new JsonArray([.. list.Items.Select(Json)]),
        YamlScalar { Value: bool flag } => flag,
        YamlScalar { Value: long number } => number,
        YamlScalar { Value: BigInteger number } => JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture)),
        YamlScalar { Value: double number } when double.IsFinite(number) => number,
        YamlScalar { Value: null } => null,
        YamlScalar scalar => scalar.Text,
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, null),
    };
}
