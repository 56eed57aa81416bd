using System.Globalization;
using System.Text.Json;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Server.Api;

namespace VmShepherd.Server.Plans;

/// <summary>What would be done now, as JSON: the API's answer and the command's output are the same document.</summary>
static class PlanDocument
{
    public static ReadOnlyMemory<byte> Render(string revision, IReadOnlyList<PresetPlan> plans) => JsonValues.Render(json =>
    {
        json.WriteStartObject();
        json.WriteString("revision", revision);
        json.WriteStartArray("presets");
        foreach (PresetPlan plan in plans) Write(json, plan);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    static void Write(Utf8JsonWriter json, PresetPlan preset)
    {
        json.WriteStartObject();
        json.WriteString("name", preset.Preset);
        json.WriteNumber("desired", preset.Desired);
        json.WriteNumber("present", preset.Plan?.Present ?? 0);
        json.WriteString("outcome", OutcomeOf(preset.Plan));
        json.WriteStartArray("steps");
        foreach (Step step in preset.Plan?.Steps ?? []) Write(json, step);
        json.WriteEndArray();
        Write(json, preset.Plan?.Held ?? []);
        Write(json, "notes", preset.Plan?.Notes ?? []);
        Write(json, "problems", preset.Problems);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, Step step)
    {
        json.WriteStartObject();
        json.WriteString("kind", step is Step.Create ? "create" : "terminate");
        json.WriteString("vm", (step as Step.Terminate)?.Vm);
        json.WriteNumber("count", (step as Step.Create)?.Count ?? 1);
        json.WriteString("reason", step.Reason);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, IReadOnlyList<Hold> held)
    {
        json.WriteStartArray("held");
        foreach (Hold hold in held) Write(json, hold);
        json.WriteEndArray();
    }

    static void Write(Utf8JsonWriter json, Hold hold)
    {
        json.WriteStartObject();
        json.WriteString("brake", hold.Brake);
        json.WriteString("reason", hold.Reason);
        json.WriteString("since", hold.Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteString("release", hold.Release);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> lines)
    {
        json.WriteStartArray(name);
        foreach (string line in lines) json.WriteStringValue(line);
        json.WriteEndArray();
    }

    static string OutcomeOf(Plan? plan) => plan switch
    {
        null => "failed",
        { IsFrozen: true } => "frozen",
        { Steps.Count: > 0 } => "changes",
        { Held.Count: > 0 } => "held",
        _ => "at_rest",
    };
}
