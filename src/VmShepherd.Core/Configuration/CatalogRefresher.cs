using VmShepherd.Abstractions;

namespace VmShepherd.Core.Configuration;

/// <summary>Asks the preset driver and makes the next catalog. A driver that fails changes nothing but the list of problems.</summary>
public sealed class CatalogRefresher(PresetCatalogBuilder builder, TimeProvider time)
{
    public async Task<PresetCatalog> RefreshAsync(IPresetDriver driver, Settings settings, PresetCatalog previous, CancellationToken cancellationToken)
    {
        PresetSnapshot snapshot;
        try
        {
            snapshot = await driver.LoadAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A driver is anybody's code, and its failure must not stop the machines' care: it is a problem in the catalog.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Failed(previous, $"{settings.Presets.Name} failed: {e.Message}; the presets read before stay in force");
        }
        return builder.Build(snapshot, settings, previous, time.GetUtcNow());
    }

    PresetCatalog Failed(PresetCatalog previous, string text)
    {
        if (!previous.IsCurrent && previous.Problems.Any(p => p.Origin.Length == 0 && p.Text == text)) return previous;
        CatalogProblem[] others = [.. previous.Problems.Where(p => p.Origin.Length > 0)];
        return previous with { IsCurrent = false, TroubledOrigins = [""], Problems = [new CatalogProblem("", null, time.GetUtcNow(), text), .. others] };
    }
}
