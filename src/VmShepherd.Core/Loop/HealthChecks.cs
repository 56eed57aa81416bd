using VmShepherd.Abstractions;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>Checks side by side, a bounded number in flight over all presets. Each check has its own clock, started when it starts: none is judged for having queued.</summary>
sealed class HealthChecks(TimeProvider time, Metrics metrics)
{
    /// <summary>In flight at once.</summary>
    const int MaxInFlight = 512;

    /// <summary>A driver promises to be bounded in time; this is for one that does not keep it.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    readonly SemaphoreSlim _slots = new(MaxInFlight);

    /// <summary>One verdict for each machine that runs, in the order of the machines; null for the others.</summary>
    public async ValueTask<IReadOnlyList<Verdict?>> CheckAsync(IHealthcheckDriver? driver, IReadOnlyList<Vm> vms, CancellationToken cancellationToken)
    {
        var verdicts = new Verdict?[vms.Count];
        if (driver is null) return verdicts;

        List<Task>? running = null;
        for (int i = 0; i < vms.Count; i++)
        {
            if (vms[i].State != VmState.Running || !vms[i].IsComplete) continue;

            // Checks that are done at once need neither task nor slot in the list.
            ValueTask<Verdict> check = CheckOneAsync(driver, vms[i], cancellationToken);
            if (check.IsCompletedSuccessfully) verdicts[i] = check.Result;
            else (running ??= []).Add(StoreAsync(check, verdicts, i));
        }

        if (running is not null) await Task.WhenAll(running);
        return verdicts;
    }

    static async Task StoreAsync(ValueTask<Verdict> check, Verdict?[] verdicts, int index) => verdicts[index] = await check;

    async ValueTask<Verdict> CheckOneAsync(IHealthcheckDriver driver, Vm vm, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        using var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long begun = metrics.CountsChecks ? time.GetTimestamp() : 0;
        try
        {
            ValueTask<Verdict> check = driver.CheckAsync(vm, call.Token);
            return check.IsCompletedSuccessfully ? check.Result : await check.AsTask().WaitAsync(Limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Nobody waits for it any longer: it must not go on to queue for something. Not awaited: a driver's callbacks may hang as it does.
            _ = call.CancelAsync();
            return new Verdict.Unknown($"the health check driver did not return within {Limit.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return new Verdict.Unknown($"the health check driver failed with {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            _slots.Release();
            if (metrics.CountsChecks) metrics.Checked(time.GetElapsedTime(begun));
        }
    }
}
