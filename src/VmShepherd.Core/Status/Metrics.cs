using System.Diagnostics.Metrics;
using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Status;

/// <summary>What the loop counts. Names are public: dashboards rely on them. Gauges come from the reports on the <see cref="StatusBoard"/>.</summary>
public sealed class Metrics : IDisposable
{
    public const string MeterName = "VmShepherd";

    readonly Meter _meter = new(MeterName);
    readonly Counter<long> _actions, _calls;
    readonly Histogram<double> _cycles, _checks;

    public Metrics()
    {
        _actions = _meter.CreateCounter<long>("vmshepherd_actions_total", description: "Creates and terminates that were sent, by kind, reason and result");
        _calls = _meter.CreateCounter<long>("vmshepherd_iaas_calls_total", description: "Calls to IaaS drivers, by driver, call and result");
        _cycles = _meter.CreateHistogram<double>("vmshepherd_cycle_duration_seconds", description: "From claim to report of one preset");
        _checks = _meter.CreateHistogram<double>("vmshepherd_check_duration_seconds", description: "One health check");
    }

    /// <summary>For gauges that read the board.</summary>
    public Meter Meter => _meter;

    /// <param name="kind">create or terminate.</param>
    /// <param name="cause">Of an end; null = a create.</param>
    /// <param name="failure">Null = accepted.</param>
    public void Acted(string kind, Cause? cause, IaasFailure? failure) =>
        _actions.Add(1, new("kind", kind), new("reason", cause is { } why ? Label(why.ToString()) : "missing"), new("result", Result(failure)));

    public void Called(string driver, string call, IaasFailure? failure) => _calls.Add(1, new("driver", driver), new("call", call), new("result", Result(failure)));

    static string Result(IaasFailure? failure) => failure is { } kind ? Label(kind.ToString()) : "ok";

    /// <summary>Labels are written as the settings are: ill_health, no_capacity.</summary>
    static string Label(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    public void CycleEnded(TimeSpan took) => _cycles.Record(took.TotalSeconds);

    public void Checked(TimeSpan took) => _checks.Record(took.TotalSeconds);

    public bool CountsChecks => _checks.Enabled;

    public void Dispose() => _meter.Dispose();
}
