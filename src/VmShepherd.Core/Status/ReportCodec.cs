using System.Text.Json;
using System.Text.Json.Serialization;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Status;

/// <summary>Reports as bytes for other instances, and back. Times of the writer's steady clock are moved into the reader's, as those of memory are; what the IaaS says of times stays as it is.</summary>
static class ReportCodec
{
    const int Format = 1;

    internal sealed record Document(int Format, DateTimeOffset AsOf, CycleReport Report);

    /// <summary>What is worth telling: equal bytes, nothing new. When it was found out, and under which token, changes in each cycle.</summary>
    public static byte[] EncodeNews(CycleReport report) =>
        JsonSerializer.SerializeToUtf8Bytes(report with { Started = default, Took = default, Token = default }, ReportJson.Default.CycleReport);

    public static byte[] Encode(CycleReport report, DateTimeOffset asOf) => JsonSerializer.SerializeToUtf8Bytes(new Document(Format, asOf, report), ReportJson.Default.Document);

    /// <summary>The report; null = it is of another version, and can't be shown here.</summary>
    /// <param name="content">As kept.</param>
    /// <param name="age">Since it was kept, by the store's clock.</param>
    /// <param name="now">Our steady clock.</param>
    public static CycleReport? Decode(ReadOnlySpan<byte> content, TimeSpan age, DateTimeOffset now)
    {
        try
        {
            if (JsonSerializer.Deserialize(content, ReportJson.Default.Document) is not { Format: Format, Report: { } report } document) return null;
            TimeSpan by = now - age - document.AsOf;
            return report with
            {
                Started = report.Started + by,
                ManagedSince = report.ManagedSince + by,
                Held = [.. report.Held.Select(hold => hold with { Since = hold.Since + by })],
            };
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ReportCodec.Document))]
[JsonSerializable(typeof(Request.Terminate), TypeInfoPropertyName = "RequestToTerminate")]
sealed partial class ReportJson : JsonSerializerContext;
