namespace VmShepherd.Server;

/// <summary>Every line that the server itself writes. Numbers are public: operators alert on them. Never reuse one.</summary>
static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "VmShepherd {Version} starts as {Instance}: settings {File}, listening on {Url}")]
    public static partial void Started(ILogger logger, string version, string instance, string file, string url);

    [LoggerMessage(3002, LogLevel.Warning, "http.access is none: everyone who reaches {Address}:{Port} may read and write")]
    public static partial void OpenToOthers(ILogger logger, string address, int port);

    [LoggerMessage(3003, LogLevel.Information, "{Signal}: stopping after the step in hand; the same signal again stops at once")]
    public static partial void Stopping(ILogger logger, string signal);

    [LoggerMessage(3004, LogLevel.Information, "stopped: state saved, leases given back")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(3005, LogLevel.Error, "not stopped within {Seconds} s: a driver does not return; ending without it")]
    public static partial void StopTimedOut(ILogger logger, double seconds);

    [LoggerMessage(3006, LogLevel.Critical, "the loop has ended by itself: the process ends, so that whoever watches it starts it again")]
    public static partial void LoopEnded(ILogger logger, Exception? cause);

    [LoggerMessage(3007, LogLevel.Warning, "drivers are not closed within {Seconds} s: ending without it")]
    public static partial void DriversLeft(ILogger logger, double seconds);

    [LoggerMessage(3011, LogLevel.Error, "settings not reloaded, those in force stay: {Problem}")]
    public static partial void ReloadRefused(ILogger logger, string problem);

    [LoggerMessage(3012, LogLevel.Warning, "{Diagnostic}")]
    public static partial void SettingsWarning(ILogger logger, string diagnostic);

    [LoggerMessage(3020, LogLevel.Error, "call of {Method} by {Caller} failed")]
    public static partial void CallFailed(ILogger logger, string method, string caller, Exception cause);

    [LoggerMessage(3021, LogLevel.Error, "request for {Path} failed")]
    public static partial void RequestFailed(ILogger logger, string path, Exception cause);
}
