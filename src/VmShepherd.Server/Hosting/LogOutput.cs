using Microsoft.Extensions.Logging.Console;

namespace VmShepherd.Server.Hosting;

/// <summary>Logs go to stderr, one line each: for people, or as JSON when <c>VMSHEPHERD_LOG_FORMAT=json</c>.</summary>
sealed class LogOutput(string level)
{
    public const string FormatVariable = "VMSHEPHERD_LOG_FORMAT";

    /// <summary>Not ours: they speak up for warnings only.</summary>
    static readonly string[] Frameworks = ["Microsoft.", "System.", "OpenTelemetry"];

    volatile int _level = (int)Parse(level);
    volatile int _frameworkLevel = (int)LogLevel.None;

    public void SetLevel(string level) => _level = (int)Parse(level);

    /// <summary>Not before the start has succeeded: what goes wrong in it is told by us, in one line.</summary>
    public void LetFrameworksSpeak() => _frameworkLevel = (int)LogLevel.Warning;

    public ILoggerFactory Open() => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Trace).AddFilter((category, level) => IsEnabled(category, level));
        if (Environment.GetEnvironmentVariable(FormatVariable) == "json")
            logging.AddJsonConsole(format => format.UseUtcTimestamp = true);
        else
            logging.AddSimpleConsole(format => (format.SingleLine, format.UseUtcTimestamp, format.ColorBehavior) = (true, true, LoggerColorBehavior.Disabled));
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.Services.Configure<SimpleConsoleFormatterOptions>(format => format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ");
        logging.Services.Configure<JsonConsoleFormatterOptions>(format => format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ");
    });

    bool IsEnabled(string? category, LogLevel level) =>
        (int)level >= _level && ((int)level >= _frameworkLevel || category is null || !Array.Exists(Frameworks, name => category.StartsWith(name, StringComparison.Ordinal)));

    static LogLevel Parse(string level) => level.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.Debug,
        "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => LogLevel.Information,
    };
}
