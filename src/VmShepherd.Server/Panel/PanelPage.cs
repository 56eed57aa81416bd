using System.Collections.ObjectModel;
using System.Globalization;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using VmShepherd.Server.Status;

namespace VmShepherd.Server.Panel;

/// <summary><c>/</c>: presets and machines on one plain page, those that need attention first. Only looks; nothing can be done from here.</summary>
sealed class PanelPage(Shepherd shepherd, TimeProvider time)
{
    const int PresetsPerPage = 50;
    const int MachinesShown = 20;
    const int MachinesPerPage = 500;
    const int SourcesShown = 100;

    /// <summary>Of each source, beyond the first.</summary>
    const int MistakesShown = 20;

    static readonly CycleOutcome[] Trouble = [CycleOutcome.Failed, CycleOutcome.Frozen, CycleOutcome.LeaseLost, CycleOutcome.DoneWithFailures, CycleOutcome.Held];

    public async Task AnswerAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = Html.ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";

        int page = int.TryParse(context.Request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? Math.Clamp(number, 1, 1_000_000) : 1;
        string? name = context.Request.Query["preset"];
        Html html = name is null ? Overview(page) : Single(name, page);
        if (name is not null && shepherd.Board.Find(name) is null) response.StatusCode = StatusCodes.Status404NotFound;
        await response.WriteAsync(html.Tag("</body></html>").ToString(), context.RequestAborted);
    }

    Html Overview(int page)
    {
        CycleReport[] reports = [.. shepherd.Board.All.OrderBy(report => Array.IndexOf(Trouble, report.Outcome) is >= 0 and var rank ? rank : Trouble.Length)];
        Html html = new Html().Head("VmShepherd").Tag("<h1>VmShepherd</h1><p>")
            .Text(string.Create(CultureInfo.InvariantCulture, $"{reports.Length} presets, {reports.Sum(r => r.Present)} of {reports.Sum(r => r.Desired)} machines present"))
            .Tag("</p>").Lines("bad", shepherd.NotReady.Select(problem => $"not ready: {problem.What}: {problem.Why}"));

        CycleReport[] shown = [.. reports.Skip((page - 1) * PresetsPerPage).Take(PresetsPerPage)];
        html.Tag("<table>").Row("Preset", "Present / desired", "Last cycle", "What is held, wrong or worth knowing");
        foreach (CycleReport report in shown)
        {
            html.Tag("<tr><td>").Link(PresetUrl(report.Preset, 1), report.Preset).Tag("</td>")
                .Cell(string.Create(CultureInfo.InvariantCulture, $"{report.Present} / {report.Desired}"))
                .Cell($"{Words.Of(report.Outcome)}, {Moment(report.Started)}{By(report)}").Tag("<td>");
            WriteReasons(html, report);
            html.Tag("</td></tr>");
        }

        html.Tag("</table>");
        WritePages(html, page, reports.Length, PresetsPerPage, number => $"/?page={number}");
        WriteSources(html);
        foreach (CycleReport report in shown)
        {
            WriteMachines(html, report, report.Machines.Take(MachinesShown));
            if (report.Machines.Count > MachinesShown) html.Tag("<p>").Link(PresetUrl(report.Preset, 1), $"all {report.Machines.Count} machines").Tag("</p>");
        }

        return html;
    }

    Html Single(string name, int page)
    {
        Html html = new Html().Head(name).Tag("<p>").Link("/", "all presets").Tag("</p><h1>").Text(name).Tag("</h1>");
        if (shepherd.Board.Find(name) is not { } report) return html.Tag("<p>").Text("No cycle has reported on a preset of this name.").Tag("</p>");

        html.Tag("<p>").Text(string.Create(
            CultureInfo.InvariantCulture, $"{report.Present} of {report.Desired} present, {Words.Of(report.Outcome)} at {Moment(report.Started)}, from {SourceOf(report)}")).Tag("</p>");
        if (report.Instance.Length > 0)
            html.Tag("<p>").Text($"managed by {report.Instance} since {Moment(report.ManagedSince)}, this report under token {report.Token}").Tag("</p>");
        WriteReasons(html, report);
        WriteMachines(html, report, report.Machines.Skip((page - 1) * MachinesPerPage).Take(MachinesPerPage));
        WritePages(html, page, report.Machines.Count, MachinesPerPage, number => PresetUrl(name, number));
        return html;
    }

    /// <summary>Nothing for our own.</summary>
    string By(CycleReport report) => report.Instance == shepherd.Instance ? "" : $", by {report.Instance}";

    /// <summary>Where the preset in force stands, and of when it is.</summary>
    string SourceOf(CycleReport report)
    {
        if (shepherd.Catalog.Presets.GetValueOrDefault(report.Preset) is not { Commit: { } commit } preset) return report.Origin;
        TimeSpan age = time.GetUtcNow() - commit.Authored;
        string shown = age < TimeSpan.FromDays(2) ? $"{age.TotalHours:0.0} hours" : $"{age.TotalDays:0} days";
        return string.Create(CultureInfo.InvariantCulture, $"{preset.Location}, commit of {Moment(commit.Authored)}, {shown} old");
    }

    static void WriteReasons(Html html, CycleReport report) => html
        .Lines("bad", report.Problems)
        .Lines("bad", report.Steps.Where(step => step.Problem is not null).Select(step => $"{StepName(step)} failed: {step.Problem}"))
        .Lines("warn", report.Held.Select(hold => $"held by {hold.Brake} since {Moment(hold.Since)}: {hold.Reason} ({hold.Release})"))
        .Lines("quiet", report.Steps.Where(step => step.Problem is null).Select(step => $"{StepName(step)}: {step.Step.Reason}"))
        .Lines("quiet", report.Notes);

    static string StepName(StepResult step) => (step.Step is Step.Create ? "create" : "terminate") + (step.Vm is { } vm ? " " + vm : "");

    void WriteMachines(Html html, CycleReport report, IEnumerable<MachineReport> machines)
    {
        html.Tag("<h2>").Text(report.Preset).Tag("</h2><table>").Row("Machine", "State", "Address", "Created", "Why", "Links");
        IReadOnlyDictionary<string, string> links = shepherd.Catalog.Presets.GetValueOrDefault(report.Preset)?.PanelLinks ?? ReadOnlyDictionary<string, string>.Empty;
        foreach (MachineReport machine in machines)
        {
            string? address = machine.Vm.Addresses is [string first, ..] ? first : null;
            html.Tag("<tr>").Cell(machine.Vm.Id).Cell(machine.State).Cell(address ?? "-")
                .Cell(machine.Vm.Created is { } created ? Moment(created) : "-").Cell(machine.Why).Tag("<td>");
            foreach ((string label, string pattern) in links)
            {
                if (PanelLink.Make(pattern, address) is { } link) html.Link(link, label);
            }

            html.Tag("</td></tr>");
        }

        html.Tag("</table>");
    }

    void WriteSources(Html html)
    {
        PresetCatalog catalog = shepherd.Catalog;
        if (catalog.Problems.Count > 0)
            html.Tag("<h2>Sources with mistakes</h2>").Lines("bad", catalog.Problems.Take(SourcesShown).SelectMany(problem =>
                problem.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error).Skip(1).Take(MistakesShown).Select(diagnostic => diagnostic.ToString())
                    .Prepend($"since {Moment(problem.Since)}: {problem.Origin}: {problem.Text}")));
        if (catalog.Released.Count > 0)
        {
            html.Tag("<h2>Released: gone from their source, their machines stay and nobody looks after them</h2>")
                .Lines("warn", catalog.Released.TakeLast(SourcesShown).Select(preset => $"{preset.Name}, since {Moment(preset.At)}, was in {preset.Origin}"));
        }
    }

    static void WritePages(Html html, int page, int total, int perPage, Func<int, string> url)
    {
        if (total <= perPage) return;
        html.Tag("<p>");
        if (page > 1) html.Link(url(page - 1), "previous");
        html.Text(string.Create(CultureInfo.InvariantCulture, $"page {page} of {(total + perPage - 1) / perPage} "));
        if (page * (long)perPage < total) html.Link(url(page + 1), "next");
        html.Tag("</p>");
    }

    static string PresetUrl(string name, int page) => string.Create(CultureInfo.InvariantCulture, $"/?preset={Uri.EscapeDataString(name)}&page={page}");

    static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
