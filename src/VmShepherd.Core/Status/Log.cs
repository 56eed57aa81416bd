using Microsoft.Extensions.Logging;

namespace VmShepherd.Core.Status;

/// <summary>Every line the shepherd can write. Numbers are public: operators alert on them. Never reuse one.</summary>
static partial class Log
{
    [LoggerMessage(1001, LogLevel.Debug, "{Preset}: at rest, {Present} of {Desired} present")]
    public static partial void AtRest(ILogger logger, string preset, int present, int desired);

    [LoggerMessage(1002, LogLevel.Information, "{Preset}: {Outcome}, {Present} of {Desired} present{Details}")]
    public static partial void CycleEnded(ILogger logger, string preset, CycleOutcome outcome, int present, int desired, string details);

    [LoggerMessage(1003, LogLevel.Warning, "{Preset}: {Outcome}, {Present} of {Desired} present{Details}")]
    public static partial void CycleTroubled(ILogger logger, string preset, CycleOutcome outcome, int present, int desired, string details);

    [LoggerMessage(1101, LogLevel.Error, "presets can't be loaded: {Problem}; the last known ones stay in force")]
    public static partial void PresetsUnreadable(ILogger logger, string problem);

    [LoggerMessage(1102, LogLevel.Error, "{Problem}")]
    public static partial void PresetProblem(ILogger logger, string problem);

    [LoggerMessage(1103, LogLevel.Warning, "{Preset}: released, its source is gone; its machines stay and nobody keeps them")]
    public static partial void PresetReleased(ILogger logger, string preset);

    [LoggerMessage(1104, LogLevel.Information, "presets in force: {Count}, revision {Revision}")]
    public static partial void PresetsChanged(ILogger logger, int count, string revision);

    [LoggerMessage(1201, LogLevel.Error, "the runtime store failed: {Problem}; nothing is created or ended until it answers")]
    public static partial void StoreFailed(ILogger logger, string problem);

    [LoggerMessage(1202, LogLevel.Error, "{Driver} can't be made: {Problem}; presets that use it are not managed")]
    public static partial void DriverFailed(ILogger logger, string driver, string problem);

    [LoggerMessage(1203, LogLevel.Warning, "a driver that is not used any more failed while being disposed: {Problem}")]
    public static partial void DisposeFailed(ILogger logger, string problem);

    [LoggerMessage(1204, LogLevel.Warning, "the store does not answer for {Count} presets: those of this instance are looked at and checked only, until it does")]
    public static partial void OnlyLooking(ILogger logger, int count);

    [LoggerMessage(1205, LogLevel.Information, "the store answers again for {Count} presets")]
    public static partial void StoreAnswers(ILogger logger, int count);

    [LoggerMessage(1206, LogLevel.Information, "{Line}")]
    public static partial void DriverSays(ILogger logger, string line);

    [LoggerMessage(1207, LogLevel.Warning, "reports were not exchanged with other instances through the store: {Problem}")]
    public static partial void ReportsNotExchanged(ILogger logger, string problem);

    [LoggerMessage(1301, LogLevel.Information, "settings reloaded")]
    public static partial void Reloaded(ILogger logger);

    [LoggerMessage(1302, LogLevel.Error, "every canary fails: this instance suspects its own network, and ends nothing for ill health")]
    public static partial void CanariesFail(ILogger logger);

    [LoggerMessage(1303, LogLevel.Information, "a canary answers again")]
    public static partial void CanariesPass(ILogger logger);

    [LoggerMessage(1401, LogLevel.Information, "stopping: leases are given back between two steps")]
    public static partial void Stopping(ILogger logger);
}
