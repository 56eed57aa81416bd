using System.Text;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Server.Access;

namespace VmShepherd.Server.Api;

/// <summary>
/// <c>/livez</c>: the process answers. <c>/readyz</c>: it does its work, and is not about to stop. <c>/healthz</c>: the old name of livez.
/// </summary>
sealed class Probes(Shepherd shepherd, UserdataRenderer userdata, CancellationToken stopping)
{
    static readonly string[] Asked = [HttpMethods.Get, HttpMethods.Head];

    public static bool IsProbe(PathString path) => path == "/livez" || path == "/healthz" || path == "/readyz";

    public void Map(WebApplication app)
    {
        app.MapMethods("/livez", Asked, AnswerLiveAsync);
        app.MapMethods("/healthz", Asked, AnswerLiveAsync);
        app.MapMethods("/readyz", Asked, AnswerReadyAsync);
    }

    static Task AnswerLiveAsync(HttpContext context) => PlainText.AnswerAsync(context, StatusCodes.Status200OK, "ok");

    Task AnswerReadyAsync(HttpContext context)
    {
        IReadOnlyList<ReadinessProblem> problems = stopping.IsCancellationRequested
            ? [new("shutdown", "asked to stop: finishing what has begun")]
            : shepherd.NotReady;
        int status = problems.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        var text = new StringBuilder(problems.Count == 0 ? "ok" : "not ready");

        // Reasons may name hosts and paths: for callers who may read.
        if (context.Request.Query.ContainsKey("verbose") && context.Features.Get<Caller>() is not null)
        {
            foreach (ReadinessProblem problem in problems)
                text.Append('\n').Append(problem.What).Append(": ").Append(problem.Why);
            // Told, but no reason to be taken out of service: without templates everything else goes on.
            text.Append("\ntemplates: ").Append(userdata.Health);
        }

        return PlainText.AnswerAsync(context, status, text.ToString());
    }
}
