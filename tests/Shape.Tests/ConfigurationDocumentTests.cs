using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Schemas;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Shape.Tests;

/// <summary>Every key that is read is documented, and every one that is documented is read.</summary>
public sealed partial class ConfigurationDocumentTests
{
    static MarkdownPage Page { get; } = MarkdownPage.Open("docs/configuration.md");

    /// <summary>Keys in the first cells of the tables of settings and presets: whole paths.</summary>
    static IReadOnlyList<string> Documented { get; } =
        Rule.LooksAt(Page.Rows.Where(row => row.Length == 5 && row[0].StartsWith('`')).SelectMany(row => Key().Matches(row[0]).Select(match => match.Groups[1].Value)), 40);

    [Fact]
    public void Every_key_that_is_read_is_documented()
    {
        HashSet<string> words = [.. Documented.SelectMany(path => path.Split('.')).Select(word => word.Replace("[]", "", StringComparison.Ordinal))];

        // `driver` heads every section and has a table of its own.
        Rule.Holds(Rule.LooksAt(ReaderKeys.All, 45).Where(key => key != "driver" && !words.Contains(key)),
            "Give the key a row in docs/configuration.md: type, default, bounds, meaning.");
    }

    [Fact]
    public void Every_documented_key_is_read() =>
        Rule.Holds(Documented.Where(path => !ReaderKeys.All.Contains(path.Split('.')[^1].Replace("[]", "", StringComparison.Ordinal)) && path != "userdata_source_root"),
            "docs/configuration.md documents a key that nothing reads.");

    [Fact]
    public void Every_documented_key_is_in_the_schema_with_a_description_and_no_other_one()
    {
        var registry = new DriverRegistry();
        HashSet<string> defined = [.. Paths(ConfigurationSchema.Settings(registry), ""), .. Paths(ConfigurationSchema.Preset(registry), "")];
        // Another spelling has no row of its own; `driver` stands in the page's other table.
        HashSet<string> documented = [.. Documented.Select(Whole), "network.subnet.net-id"];
        Rule.Holds(documented.Where(path => !defined.Contains(path)).Select(path => $"{path}: in no schema"), "A documented key has a definition in SettingsTable or PresetTable.");
        Rule.Holds(defined.Where(path => !path.EndsWith(".driver", StringComparison.Ordinal) && !documented.Contains(path) && !path.StartsWith("defaults.iaas.", StringComparison.Ordinal) && !path.StartsWith("defaults.healthcheck.", StringComparison.Ordinal))
            .Select(path => $"{path}: not documented"), "A defined key has a row in docs/configuration.md.");

        static string Whole(string path) => path == "subnet" ? "network.subnet" : path.Replace("[]", "", StringComparison.Ordinal);
    }

    static IEnumerable<string> Paths(JsonNode? schema, string path)
    {
        if (schema is not JsonObject here) yield break;
        foreach (JsonNode? way in (here["anyOf"] as JsonArray ?? []).Append(here["items"]))
            foreach (string below in Paths(way, path)) yield return below;
        foreach ((string key, JsonNode? value) in here["properties"] as JsonObject ?? [])
        {
            string inner = path.Length == 0 ? key : $"{path}.{key}";
            if (value?["description"] is null) yield return $"{inner} without a description";
            yield return inner;
            foreach (string below in Paths(value, inner)) yield return below;
        }
    }

    [Fact]
    public void Documented_bounds_of_the_guards_are_the_defaults_in_force() =>
        Rule.Holds(Defaults(new SafetyLimits()).Concat(Defaults(new HealthPolicy())).Select(option =>
            {
                string[]? row = Page.Rows.FirstOrDefault(row => row.Length == 5 && row[0] == $"`{option.Key}`");
                return row is null ? $"{option.Key}: no row" : row[2].Trim('`') == option.Value ? null : $"{option.Key}: documented as {row[2]}, in force is {option.Value}";
            }).OfType<string>(),
            "docs/configuration.md states the default of a guard's option as it is in SafetyLimits and HealthPolicy.");

    [Fact]
    public void Documented_limits_of_the_guards_stand_on_the_page_of_the_guards_too()
    {
        string safety = MarkdownPage.Open("docs/safety.md").Text;
        Rule.Holds(Defaults(new SafetyLimits()).Concat(Defaults(new HealthPolicy()))
                .Where(option => !Regex.IsMatch(safety, $@"`{option.Key}` \(`?{Regex.Escape(option.Value)}( s)?`?\)"))
                .Select(option => $"`{option.Key}` ({option.Value})"),
            "docs/safety.md names each option of a guard with its default, as `option` (`40 %`) or `option` (120 s).");
    }

    /// <summary>Options with a default of their own, as the page writes them.</summary>
    static IEnumerable<(string Key, string Value)> Defaults(object options)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            string key = Regex.Replace(property.Name, "(?<!^)([A-Z])", "_$1").ToLowerInvariant();
            switch (property.GetValue(options))
            {
                case double share: yield return (key, string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %")); break;
                case TimeSpan span: yield return (key, span.TotalSeconds.ToString(CultureInfo.InvariantCulture)); break;
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Key();
}
