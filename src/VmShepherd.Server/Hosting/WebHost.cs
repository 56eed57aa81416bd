using OpenTelemetry.Metrics;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Status;
using VmShepherd.Server.Access;
using VmShepherd.Server.Api;
using VmShepherd.Server.Api.JsonRpc;
using VmShepherd.Server.Panel;

namespace VmShepherd.Server.Hosting;

/// <summary>Everything that is answered over HTTP, and what stands before it.</summary>
static class WebHost
{
    /// <summary>Problems of presets that an answer lists.</summary>
    const int MaxProblems = 100;

    /// <summary>Read of a request in all. What is beyond an endpoint's own limit is read and dropped: a client still sending when the connection closes would never see the refusal.</summary>
    const int MaxRead = 16 * 1024 * 1024;

    const int MaxConnections = 1000;
    const int MaxPresetSeries = 50_000;

    static readonly double[] SecondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    public static WebApplication Build(
        Shepherd shepherd, UserdataRenderer userdata, AccessGate gate, SettingsReload reload, ILoggerFactory loggers, TimeProvider time, CancellationToken stopping)
    {
        HttpSettings http = shepherd.Settings.Http;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();

        // What stands in the settings counts, and nothing else: no appsettings.json that happens to lie here, no ASPNETCORE_ variable.
        builder.Configuration.Sources.Clear();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRead;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Listen(AccessPolicy.AddressOf(http), http.ListenPort);
        });
        AddMetrics(builder.Services, shepherd.Settings.PerPresetMetrics);

        WebApplication app = builder.Build();
        ILogger logger = loggers.CreateLogger("VmShepherd.Server.Http");
        app.Use((context, next) => NeverAnswer500Async(context, next, logger));
        app.Use(gate.InvokeAsync);
        Map(app, shepherd, userdata, reload, time, logger, stopping);
        return app;
    }

    static void Map(WebApplication app, Shepherd shepherd, UserdataRenderer userdata, SettingsReload reload, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        var plan = new PlanMethod(shepherd);
        app.Lifetime.ApplicationStopped.Register(plan.Dispose);
        var dispatcher = new RpcDispatcher(
            [
                .. new PresetMethods(shepherd, time).Table,
                .. new MachineMethods(shepherd).Table,
                .. new ReportMethods(shepherd).Table,
                .. new RequestMethods(shepherd, new RequestDesk(shepherd, time, stopping)).Table,
                .. plan.Table,
            ],
            logger);
        app.MapPost("/api", new RpcEndpoint(dispatcher).HandleAsync);
        app.MapPost("/-/reload", context => ReloadAsync(context, reload, shepherd));
        app.MapGet("/", new PanelPage(shepherd, time).AnswerAsync);
        new Probes(shepherd, userdata, stopping).Map(app);
        app.MapPrometheusScrapingEndpoint("/metrics");
    }

    /// <summary>Settings and presets, at once; the answer says what is wrong with either.</summary>
    static async Task ReloadAsync(HttpContext context, SettingsReload reload, Shepherd shepherd)
    {
        if (!Caller.Of(context).MayWrite)
        {
            await PlainText.AnswerAsync(context, StatusCodes.Status403Forbidden, "a reload needs the role write");
            return;
        }

        IReadOnlyList<string> problems = await reload.RunAsync(context.RequestAborted);
        PresetCatalog catalog = await shepherd.LookAgainAsync(context.RequestAborted);
        string text = problems.Count == 0 ? "reloaded" : "not reloaded, the settings in force stay:\n" + string.Join('\n', problems);
        if (catalog.Problems.Count > 0) text += $"\nof the presets not all can be read:\n{string.Join('\n', catalog.Problems.Take(MaxProblems).Select(problem => problem.Text))}";
        if (catalog.Problems.Count > MaxProblems) text += $"\nand {catalog.Problems.Count - MaxProblems} more";
        bool isGood = problems.Count == 0 && catalog.Problems.Count == 0;
        await PlainText.AnswerAsync(context, isGood ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity, text);
    }

    /// <summary>A client that breaks off is nobody's mistake; a body that is too large has its own status; the rest is for our log.</summary>
    static async Task NeverAnswer500Async(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await PlainText.AnswerAsync(context, bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"a body has at most {RpcEndpoint.MaxBody} bytes" : "bad request");
        }
        catch (Exception failed)
        {
            Log.RequestFailed(logger, context.Request.Path, failed);
            if (context.Response.HasStarted) context.Abort();
            else await PlainText.AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "failed: the log says why");
        }
    }

    static void AddMetrics(IServiceCollection services, bool perPreset) => services.AddOpenTelemetry().WithMetrics(metrics =>
    {
        metrics.AddMeter(Metrics.MeterName)
            .AddView("*_seconds", new ExplicitBucketHistogramConfiguration { Boundaries = SecondsBuckets })
            .AddPrometheusExporter(exporter => (exporter.ScopeInfoEnabled, exporter.TargetInfoEnabled) = (false, false));
        if (perPreset) metrics.AddView("vmshepherd_preset_*", new MetricStreamConfiguration { CardinalityLimit = MaxPresetSeries });
    });

    /// <summary>Signals are ours to handle: the loop has to end before its web server does.</summary>
    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
