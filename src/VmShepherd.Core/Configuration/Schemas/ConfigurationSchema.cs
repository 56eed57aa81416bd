using System.Text.Json.Nodes;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Core.Configuration.Schemas;

/// <summary>Settings and presets as JSON Schema (draft 2020-12), for editors: made of the definitions that the readers check by.</summary>
public static class ConfigurationSchema
{
    public static JsonObject Settings(DriverRegistry registry) =>
        Document("Settings of VmShepherd", new KeySchema(registry).Closed(SettingsTable.All));

    /// <summary>Other top-level keys are template variables, and welcome.</summary>
    public static JsonObject Preset(DriverRegistry registry)
    {
        JsonObject schema = Document("Preset of VmShepherd", new KeySchema(registry).Open(PresetTable.All));
        schema["if"] = Object(("properties", Object(("unmanaged", Object(("enum", new JsonArray(true, 1)))))), ("required", new JsonArray("unmanaged")));
        JsonObject made = Given("image");
        made["anyOf"] = new JsonArray(Given("flavor"), Given("flavour"));
        schema["else"] = made;
        return schema;
    }

    internal static JsonObject Object(params (string Key, JsonNode? Value)[] members) => new(members.Select(m => KeyValuePair.Create(m.Key, m.Value)));

    /// <summary>A default; what is empty is none.</summary>
    internal static JsonNode? Literal(object? value) => value switch
    {
        TimeSpan span => span.TotalSeconds,
        string { Length: > 0 } text => text,
        bool flag => flag,
        int number => number,
        long number => number,
        double number => number,
        IReadOnlyList<string> { Count: > 0 } list => new JsonArray([.. list.Select(t => (JsonNode?)t)]),
        _ => null,
    };

    static JsonObject Document(string title, JsonObject schema)
    {
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", title);
        return schema;
    }

    static JsonObject Given(string key) => Object(("required", new JsonArray(key)), ("properties", Object((key, Object(("not", Object(("type", "null"))))))));
}
