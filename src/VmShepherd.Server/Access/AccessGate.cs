using VmShepherd.Server.Api;

namespace VmShepherd.Server.Access;

/// <summary>Stands before everything but the probes: the right name, our own page, a known caller.</summary>
sealed class AccessGate(AccessPolicy policy)
{
    volatile AccessPolicy _policy = policy;

    /// <summary>For the requests that come from now on.</summary>
    public void Enforce(AccessPolicy next) => _policy = next;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        AccessPolicy policy = _policy;
        if (Refusal(policy, context.Request) is { } refusal)
        {
            // A probe is answered under any name, but tells strangers nothing but yes or no.
            if (Probes.IsProbe(context.Request.Path)) await next(context);
            else await PlainText.AnswerAsync(context, StatusCodes.Status403Forbidden, refusal);
            return;
        }

        Caller? caller = policy.Identify(context);
        context.Features.Set(caller);
        if (caller is not null || Probes.IsProbe(context.Request.Path))
        {
            await next(context);
            return;
        }

        context.Response.Headers.WWWAuthenticate = AccessPolicy.IsPage(context) ? "Basic realm=\"VmShepherd: any name, a token as password\"" : "Bearer";
        await PlainText.AnswerAsync(context, StatusCodes.Status401Unauthorized, "send Authorization: Bearer TOKEN with a token of http.access.tokens");
    }

    static string? Refusal(AccessPolicy policy, HttpRequest request)
    {
        if (!policy.Hosts.Contains(request.Host.Host))
            return "this host name is not answered: add it to http.allowed_hosts";
        string? origin = request.Headers.Origin;
        return origin is null || policy.Hosts.ContainsOrigin(origin) ? null : "pages of other sites may not call: their host is not in http.allowed_hosts";
    }
}
