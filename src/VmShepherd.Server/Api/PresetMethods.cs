using System.Globalization;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Api.JsonRpc;

namespace VmShepherd.Server.Api;

/// <summary>What presets there are, and their tags.</summary>
sealed class PresetMethods(Shepherd shepherd, TimeProvider time)
{
    public IEnumerable<RpcMethod> Table =>
    [
        new("list_presets", Writes: false, [], List),
        new("list_presets_with_tags", Writes: false, [], ListWithTags),
        new("get_preset_tags", Writes: false, [RpcParameter.Preset], GetTags),
        new("get_preset_source", Writes: false, [RpcParameter.Preset], GetSource),
    ];

    ValueTask<ReadOnlyMemory<byte>> List(RpcCall call) => new(JsonValues.Render(json =>
    {
        json.WriteStartArray();
        foreach (Preset preset in shepherd.Catalog.InOrder()) json.WriteStringValue(preset.Name);
        json.WriteEndArray();
    }));

    ValueTask<ReadOnlyMemory<byte>> ListWithTags(RpcCall call) => new(JsonValues.Render(json =>
    {
        json.WriteStartObject();
        foreach (Preset preset in shepherd.Catalog.InOrder())
        {
            json.WritePropertyName(preset.Name);
            json.WriteMap(preset.MetaTags);
        }

        json.WriteEndObject();
    }));

    ValueTask<ReadOnlyMemory<byte>> GetTags(RpcCall call)
    {
        Preset preset = shepherd.Catalog.Get(call.Text(0));
        return new(JsonValues.Render(json => json.WriteMap(preset.MetaTags)));
    }

    ValueTask<ReadOnlyMemory<byte>> GetSource(RpcCall call)
    {
        Preset preset = shepherd.Catalog.Get(call.Text(0));
        return new(JsonValues.Render(json =>
        {
            json.WriteStartObject();
            json.WriteString("origin", preset.Origin);
            json.WriteString("location", preset.Location);
            if (preset.Commit is { } commit)
            {
                json.WriteString("commit", commit.Id);
                json.WriteString("authored", commit.Authored.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
                json.WriteNumber("age", Math.Floor((time.GetUtcNow() - commit.Authored).TotalSeconds));
            }

            json.WriteEndObject();
        }));
    }
}
