using System.Diagnostics.Metrics;
using System.Text.Json;
using VmShepherd.Core.Configuration.Templates;

namespace VmShepherd.Core.Status;

/// <summary>What the renderer of templates counts.</summary>
sealed class TemplateMetrics : IDisposable
{
    readonly Meter _meter = new(Metrics.MeterName);
    readonly Counter<long> _renders, _ended;

    public TemplateMetrics()
    {
        _renders = _meter.CreateCounter<long>("vmshepherd_template_renders_total", description: "Templates rendered, by result");
        _ended = _meter.CreateCounter<long>("vmshepherd_template_workers_ended_total", description: "Template workers that had to be replaced");
    }

    public void Rendered(RenderResult result) => _renders.Add(1, new KeyValuePair<string, object?>("result", JsonNamingPolicy.SnakeCaseLower.ConvertName(result.ToString())));

    public void Ended() => _ended.Add(1);

    public void Dispose() => _meter.Dispose();
}
