using System.Net.Sockets;
using System.Reflection;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Access;
using VmShepherd.Server.Status;

namespace VmShepherd.Server.Hosting;

/// <summary><c>vmshepherd run</c>: from the settings file to the exit code.</summary>
static class RunningServer
{
    /// <summary>For the loop to end after a signal. With what the web server and the drivers get it is less than whoever started us waits (packaging/vmshepherd.service).</summary>
    static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(25);
    static readonly TimeSpan WebStopPatience = TimeSpan.FromSeconds(3), DriversStopPatience = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(RunOptions options, TextWriter error)
    {
        (DriverRegistry drivers, SettingsReading reading) = SettingsFile.Open(options.File);
        if (reading.Settings is not { } read)
        {
            foreach (Diagnostic diagnostic in reading.Troubles) await error.WriteLineAsync(diagnostic.ToString());
            return ExitCode.BadConfiguration;
        }

        Settings settings = options.ApplyTo(read);
        var logs = new LogOutput(settings.LogLevel);
        using ILoggerFactory loggers = logs.Open();
        ILogger logger = loggers.CreateLogger("VmShepherd.Server");
        foreach (Diagnostic warning in reading.Troubles) Log.SettingsWarning(logger, warning.ToString());
        using var signals = new Signals(signal => Log.Stopping(logger, signal));
        string instance = ShepherdFactory.NewInstance();
        await using UserdataRenderer userdata = BuiltIn.Userdata();
        Shepherd shepherd = ShepherdFactory.Create(settings, drivers, userdata, instance, loggers);
        await using var ending = new BoundedDisposal(shepherd, DriversStopPatience, TimeProvider.System, () => Log.DriversLeft(logger, DriversStopPatience.TotalSeconds));
        await CheckStoreAsync(shepherd, settings, signals.Stopping);
        using var places = new PlaceLocks();
        places.Take(settings, shepherd.OwnPlaces(settings));
        if (options.Once) return await shepherd.RunOnceAsync(signals.Stopping) ? ExitCode.Good : ExitCode.Failed;

        var gate = new AccessGate(ReadAccess(settings));
        using var reload = new SettingsReload(options, drivers, shepherd, places, gate, logs, logger);
        signals.OnHangup(() => reload.Start(signals.Stopping));
        await using var watch = new SettingsWatch(options.File, TimeProvider.System, () => reload.Start(signals.Stopping));
        await using WebApplication app = WebHost.Build(shepherd, userdata, gate, reload, loggers, TimeProvider.System, signals.Stopping);
        if (!await TryListenAsync(app, settings.Http, error)) return ExitCode.Failed;

        logs.LetFrameworksSpeak();
        using var metrics = new BoardMetrics(shepherd, TimeProvider.System, settings.PerPresetMetrics);
        SayWhatStarted(logger, options, settings, app, instance);
        bool isClean = await RunLoopAsync(shepherd, signals, loggers, logger);
        await StopWebAsync(app);
        return isClean ? ExitCode.Good : ExitCode.Failed;
    }

    static async Task CheckStoreAsync(Shepherd shepherd, Settings settings, CancellationToken stopping)
    {
        try
        {
            await shepherd.CheckStoreAsync(stopping);
        }
        catch (ArgumentException refused)
        {
            throw new CommandException($"{settings.File}: runtime: {refused.Message}", ExitCode.BadConfiguration);
        }
        catch (InvalidOperationException taken)
        {
            throw new CommandException($"{settings.File}: runtime: {taken.Message}");
        }
    }

    static AccessPolicy ReadAccess(Settings settings)
    {
        try
        {
            return AccessPolicy.From(settings.Http, SettingsFile.DirectoryOf(settings.File));
        }
        catch (AccessException refused)
        {
            throw new CommandException($"{settings.File}: {refused.Message}", ExitCode.BadConfiguration);
        }
    }

    static async Task<bool> TryListenAsync(WebApplication app, HttpSettings http, TextWriter error)
    {
        try
        {
            await app.StartAsync();
            return true;
        }
        catch (Exception failed) when (failed is IOException or SocketException)
        {
            string why = (failed.InnerException ?? failed).Message;
            await error.WriteLineAsync($"cannot listen on {http.ListenAddress}:{http.ListenPort}: {why}; choose another with http.listen_address, http.listen_port or -p");
            return false;
        }
    }

    static void SayWhatStarted(ILogger logger, RunOptions options, Settings settings, WebApplication app, string instance)
    {
        string version = typeof(RunningServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        Log.Started(logger, version, instance, options.File, app.Urls.First());
        if (AccessPolicy.IsOpenToOthers(settings.Http)) Log.OpenToOthers(logger, settings.Http.ListenAddress, settings.Http.ListenPort);
    }

    /// <returns>Whether it ended because it was asked to, with everything saved.</returns>
    static async Task<bool> RunLoopAsync(Shepherd shepherd, Signals signals, ILoggerFactory loggers, ILogger logger)
    {
        Task loop = shepherd.RunAsync(signals.Stopping);
        var asked = new TaskCompletionSource();
        await using CancellationTokenRegistration _ = signals.Stopping.Register(asked.SetResult);
        await Task.WhenAny(loop, asked.Task);
        try
        {
            await loop.WaitAsync(StopPatience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // Whoever does not return will not be disposed in order either.
            Log.StopTimedOut(logger, StopPatience.TotalSeconds);
            loggers.Dispose();
            Environment.Exit(ExitCode.Failed);
            return false;
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !signals.Stopping.IsCancellationRequested)
        {
            Log.LoopEnded(logger, failed);
            return false;
        }

        if (signals.Stopping.IsCancellationRequested) Log.Stopped(logger);
        else Log.LoopEnded(logger, null);
        return signals.Stopping.IsCancellationRequested;
    }

    static async Task StopWebAsync(WebApplication app)
    {
        using var patience = new CancellationTokenSource(WebStopPatience, TimeProvider.System);
        await app.StopAsync(patience.Token);
    }
}
