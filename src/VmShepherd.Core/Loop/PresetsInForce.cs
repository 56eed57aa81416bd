using Microsoft.Extensions.Logging;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>The catalog that counts, and how the next one comes: from the preset driver, or, while that hangs or fails, from what was read before.</summary>
sealed class PresetsInForce(DriverPool pool, CatalogRefresher refresher, KnownSources known, Nudge nudge, CycleLog changes, SteadyClock clock, ILogger log)
{
    /// <summary>Nobody waits longer for the preset driver; the presets in force stay in force meanwhile.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Of whoever refreshes: the loop, or a command that runs no loop.
    Task<PresetCatalog>? _loading;
    Settings? _loadingFor;
    PresetCatalog? _recalled;
    bool _loadingIsLate;
    IPresetDriver? _driver;

    volatile PresetCatalog _catalog = PresetCatalog.Empty;

    public PresetCatalog Catalog => _catalog;

    /// <summary>Whether the preset driver, or the store instead of it, has answered yet.</summary>
    public bool AreLoaded => !ReferenceEquals(_catalog, PresetCatalog.Empty);

    /// <summary>The next catalog, if the driver has it in time; else it is taken over by a later call.</summary>
    /// <returns>Whether it had.</returns>
    public async Task<bool> RefreshAsync(Settings settings, CancellationToken cancellationToken)
    {
        if (_loading is null || !ReferenceEquals(_loadingFor, settings))
        {
            _loading = LoadAsync(settings, cancellationToken);
            (_loadingFor, _loadingIsLate) = (settings, false);
        }

        try
        {
            PresetCatalog next = await _loading.WaitAsync(_loadingIsLate ? TimeSpan.Zero : Patience, clock.Time, cancellationToken);
            if (!ReferenceEquals(next, _catalog)) changes.Catalog(_catalog, next);
            _catalog = next;
            _loading = null;
            return true;
        }
        catch (TimeoutException)
        {
            if (!_loadingIsLate) Log.PresetsUnreadable(log, $"{settings.Presets.Name} has not answered for {Patience.TotalSeconds:0} s");
            _loadingIsLate = true;
            if (!AreLoaded && _recalled is { Presets.Count: > 0 })
                _catalog = _recalled with { Problems = [new CatalogProblem("", null, clock.Time.GetUtcNow(), $"{settings.Presets.Name} has not answered yet: the presets of the last start are in force")] };
            return false;
        }
        catch
        {
            _loading = null;
            throw;
        }
    }

    /// <summary>Has what the driver polls in the background polled now.</summary>
    public async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        if (_driver is not IPresetNews news) return;
        using var patience = new Deadline(Patience, clock.Time, cancellationToken);
        try
        {
            await news.LookAgainAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A slow place answers later: the next passes take over what it says.
            return;
        }
    }

    /// <summary>As the driver tells. Of one that does not, or can't be made now, the same options in the same folder are one place.</summary>
    public IReadOnlyCollection<string> PlacesOf(Settings settings)
    {
        try
        {
            if (pool.Get<IPresetDriver>(settings.Presets) is IPresetPlaces { Places: { Count: > 0 } places }) return places;
        }
        catch (Exception)
        {
            // The first pass says what is wrong with it.
        }

        return [$"{settings.Presets.Name} {settings.Presets.Key} in {pool.BaseDirectory}"];
    }

    IPresetDriver Driver(Settings settings)
    {
        var driver = pool.Get<IPresetDriver>(settings.Presets);
        if (ReferenceEquals(driver, _driver)) return driver;
        if (_driver is IPresetNews old) old.Changed -= nudge.Now;
        if (driver is IPresetNews news) news.Changed += nudge.Now;
        return _driver = driver;
    }

    async Task<PresetCatalog> LoadAsync(Settings settings, CancellationToken cancellationToken)
    {
        // The first catalog follows the last one of the process before. Without it a preset that vanished meanwhile would not be missed: so a store that fails is waited for.
        PresetCatalog previous = _catalog;
        if (!AreLoaded) previous = _recalled ??= await RecallAsync(settings, cancellationToken);
        return await refresher.RefreshAsync(Driver(settings), settings, previous, cancellationToken);
    }

    async Task<PresetCatalog> RecallAsync(Settings settings, CancellationToken cancellationToken)
    {
        try
        {
            return await known.RecallAsync(settings, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the runtime store can't be read, which knows the presets of before: {Causes.Of(e)}", e);
        }
    }
}
