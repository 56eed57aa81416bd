using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmShepherd.Drivers.Programs;

/// <summary>How the values of the contracts are written: snake case, durations in seconds, bytes in Base64, times as ISO 8601.</summary>
static class Wire
{
    public const int Protocol = 1;

    public static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        MaxDepth = 64,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new Seconds() },
    };

    /// <summary>JSON as the core reads documents: null, string, bool, long, double, lists and dictionaries of the same.</summary>
    public static object? Plain(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Aggregate(new OrderedDictionary<string, object?>(StringComparer.Ordinal), (all, member) =>
        {
            all[member.Name] = Plain(member.Value);
            return all;
        }),
        JsonValueKind.Array => element.EnumerateArray().Select(Plain).ToArray(),
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble(),
        _ => null,
    };

    sealed class Seconds : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            double seconds = reader.GetDouble();
            return Math.Abs(seconds) <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : throw new JsonException($"{seconds} is no number of seconds");
        }

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteNumberValue(value.TotalSeconds);
    }
}
