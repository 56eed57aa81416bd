using System.Net;
using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;

namespace VmShepherd.Drivers.Iaas.OpenStack.Login;

/// <summary>Logs in, and keeps the token: one login for all who wait, ahead of the end, and again when a service does not take it any more.</summary>
sealed class Keystone(Transport transport, TimeProvider time, Func<CloudLogin> login)
{
    const int Tries = 3;
    static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(0.5);

    // As long as the core waits. Who is refused is not asked about again by everybody who shares the login: directories lock a user out who fails too often.
    static readonly TimeSpan FirstRefusal = TimeSpan.FromSeconds(10), LongestRefusal = TimeSpan.FromMinutes(5);

    // After an early renewal that failed, the old token is used so long before keystone is asked again: each call would wait for it in turn.
    static readonly TimeSpan BetweenRenewals = TimeSpan.FromSeconds(30);

    readonly SemaphoreSlim _one = new(1);
    volatile Token? _token;
    volatile Stay? _stay;
    Refusal? _refusal;

    /// <summary>A token that is good for a while.</summary>
    /// <param name="refused">One that a service refused just now; a newer one is wanted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Token> TokenAsync(Token? refused, CancellationToken cancellationToken)
    {
        if (Usable(refused) is { } known) return known;
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Usable(refused) ?? (_token = await LogInAsync(refused, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _one.Release();
        }
    }

    Token? Usable(Token? refused) => _token is { } token && !ReferenceEquals(token, refused) && (token.IsFresh(time) || IsToStay(token)) ? token : null;

    bool IsToStay(Token token) => _stay is { } stay && ReferenceEquals(stay.Token, token) && !token.IsExpired(time) && time.GetElapsedTime(stay.Since) < BetweenRenewals;

    async Task<Token> LogInAsync(Token? refused, CancellationToken cancellationToken)
    {
        CloudLogin who = login();
        ThrowWhileRefused(who);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Token token = await AskAsync(who, cancellationToken).ConfigureAwait(false);
                _refusal = null;
                return token;
            }
            catch (IaasException e) when (e.Failure is IaasFailure.Unavailable or IaasFailure.Throttled && _token is Token old && !ReferenceEquals(old, refused) && !old.IsExpired(time))
            {
                // keystone is away, or busy, and what we have is good still: renewing was meant to be early.
                _stay = new Stay(old, time.GetTimestamp());
                return old;
            }
            catch (IaasException e) when (e.Failure == IaasFailure.Unavailable && attempt < Tries)
            {
                // keystone behind uwsgi closes kept connections without a word.
                await Task.Delay(BetweenTries * attempt, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    async Task<Token> AskAsync(CloudLogin who, CancellationToken cancellationToken)
    {
        // A token that was given, and no project: it is for one already, and can only be looked at.
        bool look = who.Identity.IsToken && !who.Project.IsGiven;
        string? secret = who.Identity.CredentialSecret ?? who.Identity.Password ?? who.Identity.Token;
        var call = new ApiCall(Service.Identity, look ? HttpMethod.Get : HttpMethod.Post, "/auth/tokens", "login") { Json = look ? null : LoginBody.Of(who), Secret = secret };
        long begun = time.GetTimestamp();
        using ApiAnswer answer = await transport.SendAsync(call, who.AuthUrl + call.Path, headers =>
        {
            if (!look) return;
            headers.Add("X-Auth-Token", who.Identity.Token);
            headers.Add("X-Subject-Token", who.Identity.Token);
        }, cancellationToken).ConfigureAwait(false);
        if (answer.Status is HttpStatusCode.Unauthorized)
        {
            throw Refused(who, new IaasException(IaasFailure.Unauthorized,
                $"keystone at {who.AuthUrl} refuses the login: a wrong user, password, secret or domain, or no role in the project ({ErrorText.Of(answer, secret)})") { RequestId = answer.RequestId });
        }

        if (!answer.IsGood) throw transport.Failure(call, answer);
        if (answer.Header("X-Subject-Token") is not { Length: > 0 } value) throw Failures.Lost(call, $"what answers at {who.AuthUrl} is not keystone: there is no token in the answer", null);
        try
        {
            return Token.Read(value, answer.Body, begun);
        }
        catch (JsonException garbled)
        {
            throw Failures.Lost(call, $"the answer of {who.AuthUrl} can't be understood: {garbled.Message}", garbled);
        }
    }

    /// <exception cref="IaasException">This very login was refused a short while ago. One that has changed is another.</exception>
    void ThrowWhileRefused(CloudLogin who)
    {
        if (_refusal is not { } refusal || refusal.Who != who || refusal.Wait - time.GetElapsedTime(refusal.Since) is not { Ticks: > 0 } left) return;
        throw new IaasException(IaasFailure.Unauthorized, $"not tried again for {Math.Ceiling(left.TotalSeconds):0} s more: {refusal.Why.Message}", refusal.Why) { RequestId = refusal.Why.RequestId };
    }

    IaasException Refused(CloudLogin who, IaasException why)
    {
        TimeSpan wait = _refusal is { } before && before.Who == who ? before.Wait * 2 : FirstRefusal;
        _refusal = new Refusal(who, why, time.GetTimestamp(), wait < LongestRefusal ? wait : LongestRefusal);
        return why;
    }

    sealed record Stay(Token Token, long Since);

    sealed record Refusal(CloudLogin Who, IaasException Why, long Since, TimeSpan Wait);
}
