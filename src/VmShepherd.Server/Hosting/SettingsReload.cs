using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Access;

namespace VmShepherd.Server.Hosting;

/// <summary>Reads the settings again, on SIGHUP or on demand. All of them come into force, or none: then those in force stay, and it is said why.</summary>
sealed class SettingsReload(RunOptions options, DriverRegistry drivers, Shepherd shepherd, PlaceLocks places, AccessGate gate, LogOutput logs, ILogger logger) : IDisposable
{
    readonly SemaphoreSlim _one = new(1, 1);

    public void Dispose() => _one.Dispose();

    /// <returns>What is wrong; empty = the new settings are in force.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            IReadOnlyList<string> problems = Reload();
            foreach (string problem in problems) Log.ReloadRefused(logger, problem);
            return problems;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>For a signal, which waits for nobody: whatever happens ends in the log.</summary>
    public async void Start(CancellationToken stopping)
    {
        try
        {
            await RunAsync(stopping);
            await shepherd.LookAgainAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends: nothing to reload for.
        }
        catch (Exception failed)
        {
            Log.ReloadRefused(logger, failed.Message);
        }
    }

    IReadOnlyList<string> Reload()
    {
        SettingsReading reading = SettingsFile.Read(options.File, drivers);
        if (reading.Settings is not { } read) return [.. reading.Troubles.Select(diagnostic => diagnostic.ToString())];

        Settings settings = options.ApplyTo(read);
        try
        {
            AccessPolicy policy = AccessPolicy.From(settings.Http, SettingsFile.DirectoryOf(options.File));
            places.Take(settings, shepherd.OwnPlaces(settings));
            shepherd.Reload(settings);
            gate.Enforce(policy);
        }
        catch (Exception refused) when (refused is AccessException or InvalidOperationException or CommandException)
        {
            return [refused.Message];
        }

        logs.SetLevel(settings.LogLevel);
        foreach (Diagnostic warning in reading.Troubles) Log.SettingsWarning(logger, warning.ToString());
        return [];
    }
}
