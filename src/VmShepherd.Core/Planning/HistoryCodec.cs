using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VmShepherd.Core.Planning;

/// <summary>
/// Memory as bytes, and back. Times are of the writer's steady clock; a reader of another process moves them by the document's age,
/// so that no wall clock, ours or another machine's, makes anything look longer ago than it was.
/// </summary>
public static class HistoryCodec
{
    /// <summary>Of the document's layout. A newer one is not guessed at.</summary>
    const int Format = 1;

    /// <summary>Clocks of hosts that nobody sets are within this of one another.</summary>
    static readonly TimeSpan ClocksApart = TimeSpan.FromSeconds(30);

    /// <param name="Format">Layout.</param>
    /// <param name="Incarnation">The process that wrote it.</param>
    /// <param name="AsOf">When, by its steady clock.</param>
    /// <param name="History">What.</param>
    internal sealed record Document(int Format, string Incarnation, DateTimeOffset AsOf, JsonElement History);

    /// <summary>What every format, later ones too, begins with.</summary>
    internal sealed record Header(int Format);

    /// <summary>The memory alone: equal bytes, equal memory.</summary>
    public static byte[] EncodeBody(History history) => JsonSerializer.SerializeToUtf8Bytes(history, CodecJson.Default.History);

    /// <summary>The document to store.</summary>
    public static byte[] Encode(byte[] body, string incarnation, DateTimeOffset asOf)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format"u8, Format);
            writer.WriteString("incarnation"u8, incarnation);
            writer.WriteString("asOf"u8, asOf);
            writer.WritePropertyName("history"u8);
            writer.WriteRawValue(body, skipInputValidation: true);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The memory in a document, in our own time.</summary>
    /// <param name="content">As stored.</param>
    /// <param name="age">Since it was stored, by the store's clock.</param>
    /// <param name="incarnation">Ours: our own documents are in our own time already.</param>
    /// <param name="now">Our steady clock.</param>
    /// <exception cref="InvalidDataException">It is not one of ours, or of a newer version.</exception>
    public static History Decode(ReadOnlySpan<byte> content, TimeSpan age, string incarnation, DateTimeOffset now)
    {
        try
        {
            int format = JsonSerializer.Deserialize(content, CodecJson.Default.Header)?.Format ?? throw new JsonException("null");
            if (format != Format) throw new InvalidDataException($"the stored state has format {format}, this version reads {Format}: upgrade, or let the newer version go on");
            Document document = JsonSerializer.Deserialize(content, CodecJson.Default.Document) ?? throw new JsonException("null");
            if (document.History.ValueKind != JsonValueKind.Object) throw new JsonException("no history");
            History history = document.History.Deserialize(CodecJson.Default.History) ?? throw new JsonException("no history");
            return document.Incarnation == incarnation ? history : Shift(history, now - Believable(age, now - document.AsOf) - document.AsOf);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the stored state can't be read ({e.Message}): repair or remove it in the store", e);
        }
    }

    public static byte[] EncodeRequest(Request request) => JsonSerializer.SerializeToUtf8Bytes(request, CodecJson.Default.Request);

    /// <exception cref="InvalidDataException">It is not a request of ours.</exception>
    public static Request DecodeRequest(string request)
    {
        try
        {
            return JsonSerializer.Deserialize(request, CodecJson.Default.Request) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"a stored request can't be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// A store's clock that is set forward must not make everything long ago: doubts would be settled, and builds given up, at once. Where the writer's own time contradicts
    /// it by more than clocks of hosts are usually apart, the later moment counts: a wait then begins anew, and nothing is over early.
    /// </summary>
    static TimeSpan Believable(TimeSpan age, TimeSpan byOwnTime) => age - byOwnTime <= ClocksApart ? age : byOwnTime > TimeSpan.Zero ? byOwnTime : TimeSpan.Zero;

    /// <summary>All times, later by <paramref name="by"/>.</summary>
    internal static History Shift(History history, TimeSpan by) => history with
    {
        BornAt = history.BornAt + by,
        BlindSince = history.BlindSince + by,
        Machines = [.. history.Machines.Select(machine => machine with
        {
            FirstSeen = machine.FirstSeen + by,
            PendingSince = machine.PendingSince + by,
            StartedAt = machine.StartedAt + by,
            Failures = machine.Failures is { } failures ? failures with { Since = failures.Since + by } : null,
            DeadSince = machine.DeadSince + by,
            MissingSince = machine.MissingSince + by,
            Ending = machine.Ending is { } ending ? ending with { AskedAt = ending.AskedAt + by, AcceptedAt = ending.AcceptedAt + by } : null,
        })],
        Intents = [.. history.Intents.Select(intent => intent with { SavedAt = intent.SavedAt + by, SettlesFrom = intent.SettlesFrom + by })],
        Debts = [.. history.Debts.Select(debt => debt with { At = debt.At + by })],
        SuddenDeath = history.SuddenDeath is { } death ? death with { Since = death.Since + by } : null,
        MassFailure = history.MassFailure is { } mass ? mass with { Since = mass.Since + by, ProbedAt = mass.ProbedAt + by } : null,
        CrashLoop = history.CrashLoop is { } loop ? loop with { NotBefore = loop.NotBefore + by } : null,
        CreateStop = history.CreateStop is { } stop ? stop with { Until = stop.Until + by } : null,
        Applied = history.Applied is { } applied ? applied with { At = applied.At + by } : null,
        CountChange = history.CountChange is { } change ? change with { Since = change.Since + by } : null,
        LookAlike = history.LookAlike is { } alike ? alike with { Since = alike.Since + by } : null,
        Paused = history.Paused is { } paused ? paused with { Since = paused.Since + by, ResumedAt = paused.ResumedAt + by } : null,
        Holds = [.. history.Holds.Select(hold => hold with { Since = hold.Since + by })],
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(History))]
[JsonSerializable(typeof(HistoryCodec.Header))]
[JsonSerializable(typeof(HistoryCodec.Document))]
[JsonSerializable(typeof(Request))]
sealed partial class CodecJson : JsonSerializerContext;
