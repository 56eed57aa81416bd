using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VmShepherd.Server.Api;

/// <summary>Renders answers. What comes from a preset has the types of YAML.</summary>
static class JsonValues
{
    /// <summary>Readable for who asks with curl: what is answered is JSON and never part of a page.</summary>
    public static JsonWriterOptions Readable { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Ok { get; } = "\"OK\""u8.ToArray();

    public static ReadOnlyMemory<byte> Render(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable)) write(json);
        return buffer.WrittenMemory;
    }

    /// <summary>As clients have always read times: ISO 8601 in UTC, to the second, without a zone.</summary>
    public static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    public static void WriteMap(this Utf8JsonWriter json, IReadOnlyDictionary<string, object?> map)
    {
        json.WriteStartObject();
        foreach ((string key, object? value) in map)
        {
            json.WritePropertyName(key);
            json.WriteYaml(value);
        }

        json.WriteEndObject();
    }

    public static void WriteYaml(this Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case BigInteger number: json.WriteRawValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case byte[] bytes: json.WriteBase64StringValue(bytes); break;
            case DateTimeOffset time: json.WriteStringValue(Time(time)); break;
            case IReadOnlyDictionary<string, object?> map: json.WriteMap(map); break;
            case IEnumerable list:
                json.WriteStartArray();
                foreach (object? item in list) json.WriteYaml(item);
                json.WriteEndArray();
                break;
            // Infinities, dates: JSON has only text for them.
            default: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
