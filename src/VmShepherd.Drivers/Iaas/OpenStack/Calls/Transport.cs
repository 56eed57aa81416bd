using System.Net.Http.Headers;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>
/// Sends one call once, at the cloud's pace and not while a service has asked for patience, and reads the whole answer. It must begin, and go on, within the time-out.
/// </summary>
sealed class Transport(CloudHttp http, Pace pace, Patience httpTimeout, TimeProvider time)
{
    // By service: what glance can't bear says nothing about nova.
    readonly Dictionary<Service, Throttle> _throttles = Enum.GetValues<Service>().ToDictionary(service => service, _ => new Throttle(time));

    /// <exception cref="IaasException">There is no whole answer; it says whether the call may have had its effect.</exception>
    public async Task<ApiAnswer> SendAsync(ApiCall call, string url, Action<HttpRequestHeaders> headers, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _throttles[call.Service].ThrowWhileHeld();
        using Pace.Slot slot = await pace.EnterAsync(cancellationToken).ConfigureAwait(false);
        _throttles[call.Service].ThrowWhileHeld();
        TimeSpan patience = httpTimeout.Longest * call.Patience;
        using var silence = new CancellationTokenSource(patience, time);

        // A server that drips gets so long in all: nobody waits for it for ever.
        using var inAll = new CancellationTokenSource(patience * 6, time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token, inAll.Token);
        using HttpRequestMessage request = Request(call, url, headers);
        HttpResponseMessage? head = null;
        try
        {
            head = await http.SendAsync(request, call.Changes, giveUp.Token).ConfigureAwait(false);
            silence.CancelAfter(patience);
            return await ApiAnswer.ReadAsync(head, () => silence.CancelAfter(patience), giveUp.Token).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            head?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw Understood(failed, call, url, patience) ?? throw Failures.Lost(call, failed.Message, failed);
        }
    }

    /// <summary>What an answer that is not good means; one that asks for patience counts for all calls to its service from now on.</summary>
    public IaasException Failure(ApiCall call, ApiAnswer answer)
    {
        IaasException failure = Failures.From(call, answer, time.GetUtcNow());
        if (failure.Failure == IaasFailure.Throttled) _throttles[call.Service].Learn(failure);
        return failure;
    }

    HttpRequestMessage Request(ApiCall call, string url, Action<HttpRequestHeaders> headers)
    {
        var request = new HttpRequestMessage(call.Method, url);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("vmshepherd", "2.0"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        headers(request.Headers);
        if (call.Json is not null || call.SendBefore is not null) request.Content = new TimelyContent(call.Json ?? default, call.What, time, call.SendBefore);
        return request;
    }

    static IaasException? Understood(Exception failed, ApiCall call, string url, TimeSpan patience) => failed switch
    {
        IaasException late => late,
        OperationCanceledException { InnerException: TimeoutException slow } => Failures.NotSent(call, $"no connection to {Host(url)}: {slow.Message}", slow),
        OperationCanceledException => Failures.Lost(call, $"no answer within {patience.TotalSeconds:0.#} s from {Host(url)}", failed),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Failures.NotSent(call,
            $"{Host(url)} does not show a certificate that we trust, or does not like ours: {(failed.InnerException ?? failed).Message}. Give ca_file", failed),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError } =>
            Failures.NotSent(call, $"no connection to {Host(url)}: {(failed.InnerException ?? failed).Message}", failed),
        HttpRequestException or IOException => Failures.Lost(call, $"the connection to {Host(url)} broke off: {(failed.InnerException ?? failed).Message}", failed),
        _ => null,
    };

    static string Host(string url) => new Uri(url).Authority;
}
