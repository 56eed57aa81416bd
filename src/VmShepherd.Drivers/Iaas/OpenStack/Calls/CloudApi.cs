using System.Net;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>
/// Calls with a token. One that may be repeated is tried again when the cloud stumbles, with back-off; any is sent again once when the door refuses its token,
/// for then nothing has happened.
/// </summary>
sealed class CloudApi(Transport transport, Keystone keystone, CloudLogin login, TimeProvider time, Random random)
{
    const int Tries = 3;
    static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(0.5);

    /// <summary>Whoever asks for more patience than this hears it from the core, and nobody of this login calls meanwhile.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public ValueTask<Token> TokenAsync(CancellationToken cancellationToken) => keystone.TokenAsync(null, cancellationToken);

    /// <summary>The answer, whatever its status.</summary>
    /// <exception cref="IaasException">There is none.</exception>
    public async Task<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        bool isInDoubt = call.FollowsDoubt, isRenewed = false;
        try
        {
            Token token = await keystone.TokenAsync(null, cancellationToken).ConfigureAwait(false);
            for (int attempt = 1; ; attempt++)
            {
                ApiAnswer answer;
                try
                {
                    answer = await SendOnceAsync(call, token, cancellationToken).ConfigureAwait(false);
                }
                catch (IaasException e) when (e.Failure == IaasFailure.Unavailable && call.IsRepeatable && attempt < Tries && e.InnerException is not (OperationCanceledException or TimeoutException))
                {
                    // Not when it was silent for the whole time-out: asking again makes nobody faster, and the next cycle does anyway.
                    isInDoubt |= e.EffectUnknown;
                    await Task.Delay(BackOff(attempt), time, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                answer.FollowsDoubt = isInDoubt;
                if (answer.Status == HttpStatusCode.Unauthorized && !isRenewed && (call.IsRepeatable || answer.IsRefusedAtTheDoor))
                {
                    answer.Dispose();
                    isRenewed = true;
                    attempt--;
                    token = await keystone.TokenAsync(token, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (!IsStumble(answer.Status) || !call.IsRepeatable || attempt == Tries) return answer;
                TimeSpan wait = answer.RetryAfter(time.GetUtcNow()) ?? BackOff(attempt);
                if (wait > LongestWait) return answer;
                isInDoubt |= Failures.IsDoubtful(call, answer.Status);
                answer.Dispose();
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IaasException e) when (isInDoubt && !e.EffectUnknown)
        {
            throw Failures.AfterDoubt(e);
        }
    }

    Task<ApiAnswer> SendOnceAsync(ApiCall call, Token token, CancellationToken cancellationToken) => transport.SendAsync(call, Url(call, token), headers =>
    {
        headers.Add("X-Auth-Token", token.Value);
        if (call.Microversion is not { } version) return;
        headers.Add("OpenStack-API-Version", $"compute {version}");
        headers.Add("X-OpenStack-Nova-API-Version", version);
    }, cancellationToken);

    /// <summary>The answer, if it is good.</summary>
    /// <exception cref="IaasException">It is not, or there is none.</exception>
    public async Task<ApiAnswer> SendForGoodAsync(ApiCall call, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer.IsGood) return answer;
        using (answer) throw Failure(call, answer);
    }

    public IaasException Failure(ApiCall call, ApiAnswer answer) => transport.Failure(call, answer);

    string Url(ApiCall call, Token token)
    {
        string root = ServiceAddresses.Of(call.Service, token, login);
        if (call.IsDiscovery && token.ProjectId is { } project && root.EndsWith('/' + project, StringComparison.Ordinal)) root = root[..^(project.Length + 1)];
        return root + call.Path;
    }

    static bool IsStumble(HttpStatusCode status) => status is HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
        or HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;

    TimeSpan BackOff(int attempt)
    {
        double chance;
        lock (random) chance = random.NextDouble();
        return FirstBackOff * Math.Pow(2, attempt - 1) * (0.5 + chance);
    }
}
