using VmShepherd.Core.Configuration;
using VmShepherd.Server.Api.JsonRpc;

namespace VmShepherd.Server.Api;

static class CatalogLookup
{
    public static IEnumerable<Preset> InOrder(this PresetCatalog catalog) => catalog.Presets.Values.OrderBy(preset => preset.Name, StringComparer.Ordinal);

    /// <summary>The preset of that name; else the caller is told that there is none.</summary>
    public static Preset Get(this PresetCatalog catalog, string name) =>
        catalog.Presets.TryGetValue(name, out Preset? preset) ? preset : throw RpcException.Failed($"unknown preset '{name}'");
}
