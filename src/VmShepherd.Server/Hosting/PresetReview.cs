using System.Security.Cryptography;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Server.Hosting;

/// <summary>Presets as they would be read at the start, for commands that only look at files.</summary>
static class PresetReview
{
    public static async Task<PresetCatalog> LoadAsync(Settings settings, DriverRegistry drivers, CancellationToken cancellationToken)
    {
        var context = new DriverContext(TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), SettingsFile.DirectoryOf(settings.File));
        await using var pool = new DriverPool(drivers, context);
        var refresher = new CatalogRefresher(new PresetCatalogBuilder(new PresetReader(drivers)), TimeProvider.System);
        try
        {
            return await refresher.RefreshAsync(pool.Get<IPresetDriver>(settings.Presets), settings, PresetCatalog.Empty, cancellationToken);
        }
        catch (ArgumentException contradiction)
        {
            // What a driver's options say together, only the driver can judge.
            return PresetCatalog.Empty with { Problems = [new CatalogProblem("", null, TimeProvider.System.GetUtcNow(), $"presets: {contradiction.Message}")] };
        }
    }
}
