using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Api.JsonRpc;

namespace VmShepherd.Server.Api;

/// <summary>What presets there are, and their tags.</summary>
sealed class PresetMethods(Shepherd shepherd)
{
    public IEnumerable<RpcMethod> Table =>
    [
        new("list_presets", Writes: false, [], List),
        new("list_presets_with_tags", Writes: false, [], ListWithTags),
        new("get_preset_tags", Writes: false, [RpcParameter.Preset], GetTags),
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
}
