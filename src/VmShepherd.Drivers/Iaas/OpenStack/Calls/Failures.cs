using System.Net;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>From what a cloud answers to the closed list of failures.</summary>
static class Failures
{
    public static IaasException From(ApiCall call, ApiAnswer answer, DateTimeOffset now)
    {
        string text = ErrorText.Of(answer, call.Secret);
        IaasFailure kind = Kind(call, answer.Status, text, isPatienceAsked: answer.RetryAfter(now) is not null);
        string hint = Hint(call, answer, kind);
        string id = answer.RequestId is { } request ? $" ({request})" : "";
        return new IaasException(kind, $"{call.What}: {Name(call)} answers {(int)answer.Status}{(text.Length == 0 ? "" : $": {text}")}{hint}{id}")
        {
            RetryAfter = answer.RetryAfter(now),
            RequestId = answer.RequestId,

            EffectUnknown = answer.FollowsDoubt || IsDoubtful(call, answer.Status),
        };
    }

    /// <summary>Whoever answers 5xx may have been half way: clouds were seen to answer 503 and make the machine. A proxy's 408 may come after nova has the call.</summary>
    public static bool IsDoubtful(ApiCall call, HttpStatusCode status) => call.Changes && (status is >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout);

    /// <summary>The last of several tries: of an earlier one the answer was lost.</summary>
    public static IaasException AfterDoubt(IaasException last) => new(last.Failure, $"{last.Message}; an earlier try may have had its effect", last)
    {
        EffectUnknown = true,
        RetryAfter = last.RetryAfter,
        RequestId = last.RequestId,
    };

    public static IaasException Lost(ApiCall call, string what, Exception? cause) =>
        new(IaasFailure.Unavailable, $"{call.What}: {Name(call)}: {what}", cause) { EffectUnknown = call.Changes };

    public static IaasException NotSent(ApiCall call, string what, Exception? cause) => new(IaasFailure.Unavailable, $"{call.What}: {Name(call)}: {what}", cause);

    public static string Name(ApiCall call) => call.Service switch
    {
        Login.Service.Identity => "keystone",
        Login.Service.Compute => "nova",
        Login.Service.Image => "glance",
        _ => "neutron",
    };

    static IaasFailure Kind(ApiCall call, HttpStatusCode status, string text, bool isPatienceAsked) => status switch
    {
        HttpStatusCode.Unauthorized => IaasFailure.Unauthorized,

        // Quota and policy have the same status; only the text tells them apart.
        HttpStatusCode.Forbidden or HttpStatusCode.RequestEntityTooLarge when IsQuota(text) => IaasFailure.QuotaReached,

        // A proxy finds this one request too long, and nova's limit of calls says until when: the first is nobody else's business.
        HttpStatusCode.RequestEntityTooLarge when call.Json is not null && !isPatienceAsked => IaasFailure.Rejected,
        HttpStatusCode.TooManyRequests or HttpStatusCode.RequestEntityTooLarge => IaasFailure.Throttled,

        // One machine, or one preset's wish, is refused: nothing is wrong with the login, and the other presets go on.
        HttpStatusCode.Forbidden when call.Changes => IaasFailure.Rejected,
        HttpStatusCode.Forbidden => IaasFailure.Unauthorized,
        HttpStatusCode.RequestTimeout => IaasFailure.Unavailable,
        >= HttpStatusCode.InternalServerError when text.Contains("No valid host", StringComparison.Ordinal) => IaasFailure.NoCapacity,
        >= HttpStatusCode.InternalServerError => IaasFailure.Unavailable,
        _ => IaasFailure.Rejected,
    };

    static bool IsQuota(string text) => text.Contains("quota", StringComparison.OrdinalIgnoreCase);

    static string Hint(ApiCall call, ApiAnswer answer, IaasFailure kind) => answer.Status switch
    {
        HttpStatusCode.Ambiguous => ". That is a list of versions: the endpoint needs one, as .../v2.1",
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => $". Redirects are not followed: it names {Where(answer.Location)}",
        HttpStatusCode.Forbidden when kind != IaasFailure.QuotaReached => ". The policy of the cloud forbids it to this user",
        _ => "",
    };

    /// <summary>Without the query, which may hold secrets.</summary>
    static string Where(Uri? location) => location switch
    {
        null => "nothing",
        { IsAbsoluteUri: true } => location.GetLeftPart(UriPartial.Path),
        _ => location.OriginalString.Split('?', '#')[0],
    };
}
