using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>
/// One instance of an IaaS driver as the presets share it: one list serves many, calls are bounded and counted, and what concerns the whole account
/// (throttled, unauthorized: G19) holds back every call.
/// </summary>
sealed class IaasAccess(IIaasDriver driver, string name, SteadyClock clock, Metrics metrics)
{
    /// <summary>A list that takes longer is given up; presets wait for it without a lease being at risk.</summary>
    static readonly TimeSpan ListTimeout = TimeSpan.FromMinutes(2);

    /// <summary>A finished list serves no longer than this, counted from when it was begun.</summary>
    static readonly TimeSpan ListLifetime = TimeSpan.FromSeconds(10);

    /// <summary>A failed list is not tried again sooner: a thousand presets hear of one failure, not of a thousand.</summary>
    static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(2);

    /// <summary>Calls that act or look up, in flight at once.</summary>
    const int MaxCalls = 16;

    static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(30), LongestRetryAfter = TimeSpan.FromMinutes(10);
    static readonly TimeSpan FirstUnauthorizedWait = TimeSpan.FromSeconds(10), LongestUnauthorizedWait = TimeSpan.FromMinutes(5);

    readonly Lock _gate = new();
    readonly SemaphoreSlim _calls = new(MaxCalls);
    Task<Look>? _list;
    DateTimeOffset _listBegun;
    IReadOnlySet<string>? _listPresets;
    DateTimeOffset _heldUntil = DateTimeOffset.MinValue;
    IaasException? _heldBy;
    int _unauthorized;
    string? _unauthorizedCall;

    public TimeSpan VisibilityGrace => driver.VisibilityGrace;

    /// <summary>
    /// A look at these presets, begun at <paramref name="notBefore"/> or later: the shared one where it serves, else a new one (now, if that is still to come).
    /// </summary>
    /// <exception cref="IaasException">The list failed, or the account is held back.</exception>
    public Task<Look> LookAsync(IReadOnlySet<string> presets, DateTimeOffset notBefore, CancellationToken cancellationToken)
    {
        Task<Look> list;
        lock (_gate)
        {
            DateTimeOffset now = clock.Now;
            TimeSpan age = now - _listBegun;
            bool serves = _list switch
            {
                null => false,
                { IsFaulted: true } => age <= FailureLifetime,
                { IsCompleted: true } => age <= ListLifetime && _listBegun >= notBefore,
                _ => _listBegun >= notBefore,
            };
            if (!serves || !ReferenceEquals(_listPresets, presets))
            {
                _listBegun = now;
                _listPresets = presets;
                _list = ListAsync(presets, now);
            }

            list = _list!;
        }

        return list.IsCompletedSuccessfully ? list : list.WaitAsync(cancellationToken);
    }

    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) =>
        CallAsync("find", null, token => driver.FindAsync(id, token), cancellationToken);

    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) =>
        CallAsync("create", request.SendBefore, token => driver.CreateAsync(request, token), cancellationToken);

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) =>
        CallAsync("terminate", termination.SendBefore, async token =>
        {
            await driver.TerminateAsync(termination, token);
            return true;
        }, cancellationToken);

    async Task<Look> ListAsync(IReadOnlySet<string> presets, DateTimeOffset begun)
    {
        using var timeout = new CancellationTokenSource(ListTimeout, clock.Time);
        return await GuardAsync("list", async token =>
        {
            string before = await driver.GetScopeAsync(token);
            IReadOnlyList<Vm> vms = await driver.ListAsync(presets, token);
            string after = await driver.GetScopeAsync(token);
            if (before != after)
                throw new IaasException(IaasFailure.Unavailable, $"the scope changed from '{before}' to '{after}' during the list");
            return Look.Of(before, begun, presets, vms);
        }, timeout.Token);
    }

    /// <exception cref="OperationCanceledException">Nothing was sent.</exception>
    async Task<T> CallAsync<T>(string call, long? sendBefore, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        await _calls.WaitAsync(cancellationToken);
        try
        {
            // A process that was frozen may run on before its timers do: the clock is asked, too.
            if (clock.Time.GetTimestamp() >= sendBefore) throw new OperationCanceledException($"{call}: its time was over before its turn came");
            return await GuardAsync(call, send, cancellationToken);
        }
        finally
        {
            _calls.Release();
        }
    }

    /// <summary>Sends, counts, and turns everything that can go wrong into an <see cref="IaasException"/>.</summary>
    async Task<T> GuardAsync<T>(string call, Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        ThrowWhileHeld();
        try
        {
            // The driver promises to honour the token; the wait does not depend on it.
            T answer = await send(cancellationToken).WaitAsync(cancellationToken);
            metrics.Called(name, call, null);
            Allowed(call);
            return answer;
        }
        catch (IaasException e)
        {
            metrics.Called(name, call, e.Failure);
            Learn(e, call);
            throw;
        }
        catch (OperationCanceledException e)
        {
            metrics.Called(name, call, IaasFailure.Unavailable);
            throw new IaasException(IaasFailure.Unavailable, $"{call} was given up: no answer in time", e) { EffectUnknown = true };
        }
        catch (Exception e)
        {
            // A driver that breaks its word is an unavailable driver; what it did is anybody's guess.
            metrics.Called(name, call, IaasFailure.Unavailable);
            throw new IaasException(IaasFailure.Unavailable, $"the driver failed with {e.GetType().Name} on {call}, which is not an IaasException: {e.Message}", e) { EffectUnknown = true };
        }
    }

    void ThrowWhileHeld()
    {
        lock (_gate)
        {
            if (_heldBy is not null && clock.Now < _heldUntil)
                throw new IaasException(_heldBy.Failure, $"no calls to this IaaS until {_heldUntil:u}: {_heldBy.Message}", _heldBy);
        }
    }

    /// <summary>Only the call that was refused can show that it is allowed again: who may list may still not create.</summary>
    void Allowed(string call)
    {
        lock (_gate)
        {
            if (call == _unauthorizedCall) (_unauthorized, _unauthorizedCall) = (0, null);
        }
    }

    void Learn(IaasException e, string call)
    {
        lock (_gate)
        {
            if (e.Failure == IaasFailure.Unauthorized)
            {
                // Calls sent side by side are refused together: that is one refusal, not many.
                if (_heldBy?.Failure == IaasFailure.Unauthorized && clock.Now < _heldUntil) return;
                _unauthorizedCall = call;
            }

            TimeSpan? wait = Reactions.To(e.Failure) switch
            {
                Reaction.BackOff => Min(e.RetryAfter ?? DefaultRetryAfter, LongestRetryAfter),
                Reaction.BackOffAccount => Min(FirstUnauthorizedWait * Math.Pow(2, Math.Min(_unauthorized++, 10)), LongestUnauthorizedWait),
                _ => null,
            };
            if (wait is null) return;
            DateTimeOffset until = clock.Now + wait.Value;
            if (until <= _heldUntil) return;
            _heldUntil = until;
            _heldBy = e;
        }
    }

    static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
