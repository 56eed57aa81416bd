using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>The cloud of a <see cref="DummyCloudServer"/>, from another process.</summary>
sealed class DummyCloudClient : IIaasDriver, IDisposable
{
    const int MaxAnswer = 256 * 1024 * 1024;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // What may still travel between the two processes when a call is given up.
    static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(1);

    readonly TimeProvider _time;
    readonly HttpClient _http;
    long _grace = OnTheWay.Ticks;

    public DummyCloudClient(string connect, TimeProvider time)
    {
        if (!Uri.TryCreate(connect, UriKind.Absolute, out Uri? url) || url.Scheme != Uri.UriSchemeHttp || url.UserInfo.Length > 0)
            throw new ArgumentException("connect: not the URL of a dummy cloud; it looks like http://127.0.0.1:9100");

        _time = time;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),

            // A connection for each call: on a reused one the client might send a request twice, and a create twice is a machine too many.
            PooledConnectionLifetime = TimeSpan.Zero,
        };
        _http = new HttpClient(handler) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswer };
    }

    /// <summary>Learned from each answer; there is no create before the first list.</summary>
    public TimeSpan VisibilityGrace => new(Volatile.Read(ref _grace));

    static DummyCloudJson Json => DummyCloudJson.Default;

    public async Task<string> GetScopeAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(HttpMethod.Get, "scope", null, Json.ScopeMessage, changes: false, cancellationToken).ConfigureAwait(false)).Scope;

    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => ReadAsync(
        HttpMethod.Post, "vms/list", JsonContent.Create(new ListMessage(presets), Json.ListMessage), Json.IReadOnlyListVm, changes: false, cancellationToken);

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        string path = $"vms/{Uri.EscapeDataString(id)}";
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, path, null, changes: false, cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode is HttpStatusCode.NotFound) return null;
        return await UnderstandAsync(answer, path, Json.Vm, changes: false, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        var asked = new CreateMessage(request.Preset, request.IntentId, request.Image, request.Flavor, request.Metadata);
        var body = new TimelyContent(JsonSerializer.SerializeToUtf8Bytes(asked, Json.CreateMessage), "create", _time, request.SendBefore);
        return (await ReadAsync(HttpMethod.Post, "vms", body, Json.CreatedMessage, changes: true, cancellationToken).ConfigureAwait(false)).Id;
    }

    public async Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken)
    {
        string path = $"vms/{Uri.EscapeDataString(termination.Id)}/terminate";
        byte[] asked = JsonSerializer.SerializeToUtf8Bytes(new TerminateMessage(termination.Preset, termination.Token), Json.TerminateMessage);
        var body = new TimelyContent(asked, "terminate", _time, termination.SendBefore);
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, path, body, changes: true, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode) throw await RefusalAsync(answer, path, changes: true, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    async Task<T> ReadAsync<T>(HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> type, bool changes, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, body, changes, cancellationToken).ConfigureAwait(false);
        return await UnderstandAsync(answer, path, type, changes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends once and answers with the whole response in memory.</summary>
    async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, bool changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var patience = new CancellationTokenSource(Patience, _time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, giveUp.Token).ConfigureAwait(false);
            LearnGrace(answer, path, changes);
            return answer;
        }
        catch (HttpRequestException unsent) when (unsent.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            throw new IaasException(IaasFailure.Unavailable, $"{path}: no dummy cloud at {_http.BaseAddress}: {unsent.Message}", unsent);
        }
        catch (HttpRequestException cut)
        {
            throw Unclear(path, changes, $"the connection was lost: {cut.Message}", cut);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unclear(path, changes, $"no answer within {Patience.TotalSeconds} s", late);
        }
    }

    void LearnGrace(HttpResponseMessage answer, string path, bool changes)
    {
        if (!answer.Headers.TryGetValues(DummyCloudApi.GraceHeader, out IEnumerable<string>? values)
            || !double.TryParse(values.First(), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            || !(seconds is >= 0 and < 86_400))
        {
            answer.Dispose();
            throw Unclear(path, changes, "what answers there is not a dummy cloud", null);
        }

        long learned = (TimeSpan.FromSeconds(seconds) + OnTheWay).Ticks;
        for (long known = Volatile.Read(ref _grace); learned > known;)
        {
            long before = Interlocked.CompareExchange(ref _grace, learned, known);
            if (before == known) return;
            known = before;
        }
    }

    async Task<T> UnderstandAsync<T>(HttpResponseMessage answer, string path, JsonTypeInfo<T> type, bool changes, CancellationToken cancellationToken)
    {
        if (!answer.IsSuccessStatusCode) throw await RefusalAsync(answer, path, changes, cancellationToken).ConfigureAwait(false);
        try
        {
            return await answer.Content.ReadFromJsonAsync(type, cancellationToken).ConfigureAwait(false) ?? throw new JsonException("the answer is null");
        }
        catch (JsonException garbled)
        {
            throw Unclear(path, changes, $"the answer cannot be understood: {garbled.Message}", garbled);
        }
    }

    async Task<IaasException> RefusalAsync(HttpResponseMessage answer, string path, bool changes, CancellationToken cancellationToken)
    {
        if (answer.StatusCode is HttpStatusCode.Conflict)
        {
            try
            {
                if (await answer.Content.ReadFromJsonAsync(Json.FailureMessage, cancellationToken).ConfigureAwait(false) is { } stated)
                    return new IaasException(stated.Failure, stated.Message) { EffectUnknown = stated.EffectUnknown };
            }
            catch (JsonException garbled)
            {
                return Unclear(path, changes, $"the refusal cannot be understood: {garbled.Message}", garbled);
            }
        }

        return answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.RequestEntityTooLarge
            ? new IaasException(IaasFailure.Rejected, $"{path}: the dummy cloud at {_http.BaseAddress} answers {(int)answer.StatusCode}")
            : Unclear(path, changes, $"it answers {(int)answer.StatusCode}", null);
    }

    IaasException Unclear(string path, bool changes, string what, Exception? cause) =>
        new(IaasFailure.Unavailable, $"{path} at the dummy cloud {_http.BaseAddress}: {what}", cause) { EffectUnknown = changes };
}
