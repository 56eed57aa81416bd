using System.Text.Json.Nodes;
using VmShepherd.Abstractions;
using VmShepherd.Core.Drivers;
using static VmShepherd.Core.Configuration.Schemas.ConfigurationSchema;

namespace VmShepherd.Core.Configuration.Schemas;

/// <summary>A section with a driver: its options count when <c>driver</c> stands beside them. An option that the driver does not know only warns, so others are let in.</summary>
sealed class DriverSchema(DriverRegistry registry, KeySchema keys)
{
    internal JsonObject Of(KeyDefinition section)
    {
        DriverDeclaration[] drivers = [.. registry.Drivers.Where(d => d.Group == section.Group)];
        JsonObject schema = keys.Open(section.Keys);
        // Without a health check a group can do, and null takes an inherited one away; without an IaaS it can't.
        JsonObject driver = Object(("description", "The driver: `vmshepherd drivers` lists them."), ("enum", new JsonArray([.. drivers.Select(d => (JsonNode?)d.Name)])));
        ((JsonObject)schema["properties"]!).Insert(0, "driver", driver);
        if (section.IsRequired) schema["required"] = new JsonArray("driver");
        else if (section.Group == DriverGroup.Healthcheck) ((JsonArray)driver["enum"]!).Add((JsonNode?)null);
        schema["allOf"] = new JsonArray([.. drivers.Select(d => (JsonNode?)Options(d, isWhole: section.IsRequired))]);
        return schema;
    }

    /// <param name="driver">Whose options.</param>
    /// <param name="isWhole">False where defaults may give what is missing here.</param>
    static JsonObject Options(DriverDeclaration driver, bool isWhole)
    {
        JsonObject then = Group(driver.NewOptions(), driver.Options, isWhole);
        return Object(
            ("title", driver.Name),
            ("if", Object(("properties", Object(("driver", Object(("const", driver.Name))))), ("required", new JsonArray("driver")))),
            ("then", then));
    }

    /// <summary>The options of one class, by each of their spellings.</summary>
    static JsonObject Group(object plain, IReadOnlyList<DriverOption> options, bool isWhole)
    {
        var properties = new JsonObject();
        foreach (DriverOption option in options)
            foreach (string spelling in option.Spellings) properties[spelling] = Option(option, plain);
        JsonObject group = Object(("properties", properties));
        DriverOption[] required = isWhole ? [.. options.Where(o => o.Declared is { Required: true, Environment: null })] : [];
        if (required.Length > 0) group["allOf"] = new JsonArray([.. required.Select(AnySpelling)]);
        return group;
    }

    /// <summary>A text stands for the group's first option.</summary>
    static JsonObject TextOrGroup(DriverOption option)
    {
        JsonObject group = Group(option.NewGroup(), option.GroupOptions, isWhole: true);
        group.Insert(0, "type", "object");
        return Object(("anyOf", new JsonArray(KeySchema.Text(), group)));
    }

    static JsonNode? AnySpelling(DriverOption option) => Object(("anyOf", new JsonArray([.. option.Spellings.Select(s => (JsonNode?)Object(("required", new JsonArray(s))))])));

    static JsonObject Option(DriverOption option, object plain)
    {
        JsonObject schema = KeySchema.OrNull(Value(option));
        schema.Insert(0, "title", option.Key);
        schema.Insert(1, "description", option.Declared.Summary);
        if (!option.Declared.Required && !option.IsSecret && Literal(option.Get(plain)) is { } standard) schema["default"] = standard;
        if (option.IsSecret) schema["writeOnly"] = true;
        if (option.Declared.Ignored) schema["deprecated"] = true;
        return schema;
    }

    /// <summary>Numbers and flags may stand in quotes: the reader looks at what is in them.</summary>
    static JsonObject Value(DriverOption option) => option.Type switch
    {
        var type when type == typeof(string) => KeySchema.Text(),
        var type when type == typeof(bool) => Object(("enum", new JsonArray(true, false, 0, 1, "true", "false", "yes", "no", "on", "off", "0", "1"))),
        var type when type == typeof(int) => OrQuoted(KeySchema.Bounded("integer", Math.Max(option.Declared.Min, int.MinValue), Math.Min(option.Declared.Max, int.MaxValue))),
        var type when type == typeof(long) => OrQuoted(KeySchema.Bounded("integer", option.Declared.Min, option.Declared.Max)),
        var type when type == typeof(TimeSpan) => OrQuoted(KeySchema.Bounded("number", Math.Max(option.Declared.Min, -ScalarReading.MaxSeconds), Math.Min(option.Declared.Max, ScalarReading.MaxSeconds))),
        var type when type == typeof(double) => OrQuoted(KeySchema.Bounded("number", option.Declared.Min, option.Declared.Max)),
        var type when type == typeof(IReadOnlyList<string>) => Object(("anyOf", new JsonArray(KeySchema.Text(), KeySchema.List(KeySchema.Text())))),
        _ => Object(("type", "object"), ("additionalProperties", option.Group is null ? KeySchema.Text() : TextOrGroup(option))),
    };

    static JsonObject OrQuoted(JsonObject number)
    {
        string digits = (string)number["type"]! == "integer" ? "[0-9][0-9_]{0,18}" : "(?:[0-9][0-9_]*(?:\\.[0-9_]*)?|\\.[0-9_]+)";
        return Object(("anyOf", new JsonArray(number, Object(("type", "string"), ("pattern", $"^[-+]?{digits}$")))));
    }
}
