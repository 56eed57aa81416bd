using Microsoft.Extensions.Logging;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>Asks the canaries (G8): addresses known to be well. When none of them answers, the fault is ours.</summary>
sealed class CanaryWatch(InstanceWatch watch, SteadyClock clock, ILogger log) : IDisposable
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(10), Timeout = TimeSpan.FromSeconds(3);

    /// <summary>An answer that says the canary itself is out of order.</summary>
    const int ServerErrors = 500;

    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    DateTimeOffset _lastRound = DateTimeOffset.MinValue;
    Task _round = Task.CompletedTask;

    /// <summary>Starts a round when it is time; never waits for one.</summary>
    public void Pass(Settings settings)
    {
        if (settings.Canaries.Count == 0)
        {
            watch.CanariesFail = false;
            return;
        }

        if (!_round.IsCompleted || clock.Now - _lastRound < Every) return;
        _lastRound = clock.Now;
        _round = RoundAsync(settings.Canaries);
    }

    async Task RoundAsync(IReadOnlyList<Uri> canaries)
    {
        bool fail = !(await Task.WhenAll(canaries.Select(IsWellAsync))).Contains(true);
        if (fail && !watch.CanariesFail) Log.CanariesFail(log);
        if (!fail && watch.CanariesFail) Log.CanariesPass(log);
        watch.CanariesFail = fail;
    }

    async Task<bool> IsWellAsync(Uri canary)
    {
        using var timeout = new CancellationTokenSource(Timeout, clock.Time);
        try
        {
            using HttpResponseMessage answer = await _http.GetAsync(canary, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return (int)answer.StatusCode < ServerErrors;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();
}
