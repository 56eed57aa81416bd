using System.Text.Json.Nodes;
using VmShepherd.Core.Drivers;
using static VmShepherd.Core.Configuration.Schemas.ConfigurationSchema;

namespace VmShepherd.Core.Configuration.Schemas;

/// <summary>Definitions of keys to schemas. A key that is not required may be null, which is as good as absent.</summary>
sealed class KeySchema(DriverRegistry registry)
{
    const string Percentage = @"^[ \t]*0*(?:100(?:\.0*)?|[0-9]{1,2}(?:\.[0-9]*)?|\.[0-9]+)[ \t]*%[ \t]*$";
    const string Link = "^(?:[hH][tT][tT][pP][sS]?|[sS][sS][hH])://";
    const string Address = "^[hH][tT][tT][pP][sS]?://[^/]";
    const string Name = @"^[^\s\u0000-\u001F\u007F-\u009F](?:[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?$";

    /// <summary>Only these keys.</summary>
    internal JsonObject Closed(KeySection section)
    {
        JsonObject schema = Open(section);
        schema["additionalProperties"] = false;
        return schema;
    }

    internal JsonObject Open(KeySection section)
    {
        var properties = new JsonObject();
        foreach (KeyDefinition key in section.All) properties[key.Name] = Of(key);
        JsonObject schema = Object(("type", "object"), ("properties", properties));
        JsonNode?[] required = [.. section.All.Where(k => k.IsRequired).Select(k => (JsonNode?)k.Name)];
        if (required.Length > 0) schema["required"] = new JsonArray(required);
        return schema;
    }

    /// <summary>Any single value but null; what is no text yet is taken as it is written.</summary>
    internal static JsonObject Text() => Object(("type", new JsonArray("string", "number", "boolean")));

    internal static JsonObject List(JsonObject items) => Object(("type", "array"), ("items", items));

    internal static JsonObject OrNull(JsonObject schema)
    {
        if (schema["type"] is JsonArray types) types.Add("null");
        else if (schema["type"] is JsonValue type) schema["type"] = new JsonArray(type.DeepClone(), "null");
        else schema = Object(("anyOf", new JsonArray(schema, Object(("type", "null")))));
        return schema;
    }

    JsonObject Of(KeyDefinition key)
    {
        JsonObject schema = Value(key);
        if (!key.IsRequired) schema = OrNull(schema);
        schema.Insert(0, "description", key.Summary);
        if (key.Default is { } standard) schema["default"] = Literal(standard);
        if (key.IsDeprecated) schema["deprecated"] = true;
        return schema;
    }

    JsonObject Value(KeyDefinition key) => key.Kind switch
    {
        KeyKind.Name => Object(("type", new JsonArray("string", "number", "boolean")), ("maxLength", (int)key.Max), ("pattern", Name)),
        KeyKind.Text => Text(),
        KeyKind.Overwritten => [],
        KeyKind.Flag => Object(("enum", new JsonArray(true, false, 0, 1))),
        KeyKind.Integer => Bounded("integer", key.Min, key.Max),
        KeyKind.Seconds => double.IsNegativeInfinity(key.Min) ? Bounded("number", key.Min, key.Max) : Bounded("number", key.Min, ScalarReading.MaxSeconds),
        KeyKind.Share => Object(("anyOf", new JsonArray(Bounded("number", 0, 1), Object(("type", "string"), ("pattern", Percentage))))),
        KeyKind.Word => Word(key),
        KeyKind.Texts => List(Text()),
        KeyKind.Addresses => List(Object(("type", "string"), ("pattern", Address))),
        KeyKind.Map => Object(("type", "object")),
        KeyKind.Links => Object(("type", "object"), ("additionalProperties", Object(("type", "string"), ("pattern", Link)))),
        KeyKind.Networks => Object(("anyOf", new JsonArray(Network(key), List(Network(key))))),
        KeyKind.Section => Closed(key.Keys),
        KeyKind.Sections => Object(("type", "array"), ("items", Closed(key.Keys)), ("minItems", 1)),
        KeyKind.SectionOrNone => Object(("anyOf", new JsonArray(Object(("const", "none")), Closed(key.Keys)))),
        KeyKind.Driver => new DriverSchema(registry, this).Of(key),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key.Kind, null),
    };

    JsonObject Network(KeyDefinition key) => Object(("anyOf", new JsonArray(Text(), Open(key.Keys))));

    static JsonObject Word(KeyDefinition key)
    {
        JsonObject words = Object(("enum", new JsonArray([.. key.Words.Select(w => (JsonNode?)w)])));
        if (!key.AnyCase) return words;
        string capitals = string.Join('|', key.Words.Select(w => string.Concat(w.Select(c => $"[{c}{char.ToUpperInvariant(c)}]"))));
        return Object(("anyOf", new JsonArray(words, Object(("type", "string"), ("pattern", $"^(?:{capitals})$")))));
    }

    internal static JsonObject Bounded(string type, double min, double max)
    {
        JsonObject schema = Object(("type", type));
        if (!double.IsInfinity(min)) schema["minimum"] = min;
        if (!double.IsInfinity(max)) schema["maximum"] = max;
        return schema;
    }
}
