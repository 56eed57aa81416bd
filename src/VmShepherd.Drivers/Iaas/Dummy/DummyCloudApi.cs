using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>The requests that a <see cref="DummyCloudServer"/> answers.</summary>
sealed class DummyCloudApi(SimulatedCloud cloud)
{
    /// <summary>In every answer: the cloud's visibility grace in seconds. By it a client knows that it talks to a dummy cloud at all.</summary>
    public const string GraceHeader = "VmShepherd-Visibility-Grace";

    static DummyCloudJson Json => DummyCloudJson.Default;

    public async Task AnswerAsync(HttpContext http)
    {
        http.Response.Headers[GraceHeader] = cloud.VisibilityGrace.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        try
        {
            await RouteAsync(http).ConfigureAwait(false);
        }
        catch (IaasException lost) when (lost is { Failure: IaasFailure.Unavailable, InnerException: null })
        {
            http.Abort(); // a lost request or answer looks from outside like what it plays: the connection is gone
        }
        catch (IaasException refusal)
        {
            http.Response.StatusCode = StatusCodes.Status409Conflict;
            await WriteAsync(http, new FailureMessage(refusal.Failure, refusal.Message, refusal.EffectUnknown), Json.FailureMessage).ConfigureAwait(false);
        }
        catch (Exception wrong) when (wrong is JsonException or BadHttpRequestException)
        {
            await SayAsync(http, StatusCodes.Status400BadRequest, wrong.Message).ConfigureAwait(false);
        }
        catch (IOException unwritten) when (!http.RequestAborted.IsCancellationRequested)
        {
            await SayAsync(http, StatusCodes.Status500InternalServerError, unwritten.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to be answered.
        }
    }

    Task RouteAsync(HttpContext http)
    {
        string[] path = (http.Request.Path.Value ?? "").Trim('/').Split('/');
        return (http.Request.Method, path) switch
        {
            ("GET", ["scope"]) => ScopeAsync(http),
            ("GET", ["ledger"]) => LedgerAsync(http),
            ("GET", ["vms"]) => WriteAsync(http, cloud.Snapshot().Select(VmMessage.From), Json.IEnumerableVmMessage),
            ("GET", ["vms", var id]) => FindAsync(http, id),
            ("POST", ["vms"]) => CreateAsync(http),
            ("POST", ["vms", "list"]) => ListAsync(http),
            ("POST", ["vms", var id, "terminate"]) => TerminateAsync(http, id),
            ("POST", ["vms", var id, "die"]) => BehaveAsync(http, id, cloud.Die(id)),
            ("POST", ["vms", var id, "hang"]) => BehaveAsync(http, id, cloud.Hang(id)),
            ("POST", ["vms", var id, "error"]) => BehaveAsync(http, id, cloud.Fail(id)),
            ("POST", ["vms", var id, "heal"]) => BehaveAsync(http, id, cloud.Heal(id)),
            _ => SayAsync(
                http, StatusCodes.Status404NotFound,
                "here are: GET /scope, GET /vms, GET /vms/ID, GET /ledger, POST /vms, POST /vms/list, POST /vms/ID/terminate, POST /vms/ID/die|hang|error|heal"),
        };
    }

    async Task ScopeAsync(HttpContext http)
    {
        string scope = await cloud.GetScopeAsync(http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, new ScopeMessage(scope), Json.ScopeMessage).ConfigureAwait(false);
    }

    async Task LedgerAsync(HttpContext http)
    {
        http.Response.ContentType = "application/jsonl";
        foreach (LedgerEntry entry in cloud.Ledger) await http.Response.Body.WriteAsync(CloudLedger.Line(entry), http.RequestAborted).ConfigureAwait(false);
    }

    async Task ListAsync(HttpContext http)
    {
        ListMessage asked = await ReadAsync(http, Json.ListMessage).ConfigureAwait(false);
        IReadOnlyList<Vm> vms = await cloud.ListAsync(asked.Presets, http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, vms, Json.IReadOnlyListVm).ConfigureAwait(false);
    }

    async Task FindAsync(HttpContext http, string id)
    {
        Vm? vm = await cloud.FindAsync(id, http.RequestAborted).ConfigureAwait(false);
        await (vm is null ? NobodyAsync(http, id) : WriteAsync(http, vm, Json.Vm)).ConfigureAwait(false);
    }

    async Task CreateAsync(HttpContext http)
    {
        CreateMessage asked = await ReadAsync(http, Json.CreateMessage).ConfigureAwait(false);
        var request = new VmRequest(asked.Preset, asked.IntentId, asked.Image, asked.Flavor) { Metadata = asked.Metadata };
        string id = await cloud.CreateAsync(request, http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status201Created;
        await WriteAsync(http, new CreatedMessage(id), Json.CreatedMessage).ConfigureAwait(false);
    }

    async Task TerminateAsync(HttpContext http, string id)
    {
        TerminateMessage asked = await ReadAsync(http, Json.TerminateMessage).ConfigureAwait(false);
        await cloud.TerminateAsync(new VmTermination(id, asked.Preset, asked.Token), http.RequestAborted).ConfigureAwait(false);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    static Task BehaveAsync(HttpContext http, string id, bool known)
    {
        if (!known) return NobodyAsync(http, id);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    static Task NobodyAsync(HttpContext http, string id) => SayAsync(http, StatusCodes.Status404NotFound, $"there is no machine {id}");

    static Task SayAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text + "\n", http.RequestAborted);
    }

    static async Task<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted).ConfigureAwait(false) ?? throw new JsonException("the body is null");

    static Task WriteAsync<T>(HttpContext http, T value, JsonTypeInfo<T> type)
    {
        http.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(http.Response.Body, value, type, http.RequestAborted);
    }
}
