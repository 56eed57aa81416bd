using System.Text.Json;
using System.Text.Json.Serialization;

namespace Instances.Tests.Chaos;

/// <summary>One line of the ledger that is checked. Two witnesses write it, neither of which is a shepherd: the cloud, of what happened to machines; the store, of who was granted what.</summary>
/// <param name="Time">When it had its effect, by this host's clock.</param>
/// <param name="Op">The cloud's: <c>create</c>, <c>terminate</c>, <c>die</c>, <c>hang</c>, <c>error</c>. The store's: <c>grant</c>, <c>renew</c>, <c>give_back</c>. The storm's: <c>fault</c>.</param>
/// <param name="Preset">Of a fault, what it is.</param>
/// <param name="Id">The machine; of a fault, what it struck.</param>
/// <param name="Intent">The intent the machine was created for.</param>
/// <param name="Token">The lease under which it was done.</param>
/// <param name="Until">The lease's end by the store's clock: of a grant and a renewal.</param>
sealed record LedgerLine(DateTimeOffset Time, string Op, string Preset, string? Id = null, string? Intent = null, string? Token = null, DateTimeOffset? Until = null);

static class LedgerFile
{
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static IReadOnlyList<LedgerLine> Read(string file) => [.. File.ReadLines(file).Select(line => JsonSerializer.Deserialize<LedgerLine>(line, Json)!)];

    public static void Write(string file, IEnumerable<LedgerLine> lines) => File.WriteAllLines(file, lines.Select(line => JsonSerializer.Serialize(line, Json)));

    /// <summary>Several witnesses' lines in the order of time; of those of one moment the first witness's first.</summary>
    public static IReadOnlyList<LedgerLine> Merge(params IEnumerable<LedgerLine>[] witnesses) => [.. witnesses.SelectMany(lines => lines).OrderBy(line => line.Time)];
}
