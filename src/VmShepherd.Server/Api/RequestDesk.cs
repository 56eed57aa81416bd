using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Server.Api.JsonRpc;

namespace VmShepherd.Server.Api;

/// <summary>Leaves a request with the loop, and waits a while for what became of it.</summary>
sealed class RequestDesk(Shepherd shepherd, TimeProvider time, CancellationToken stopping)
{
    const int MaxWaiting = 64;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    int _waiting;

    public async Task<ReadOnlyMemory<byte>> AskAsync(string preset, Request request, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting)
                throw RpcException.Failed($"busy: {MaxWaiting} calls wait for an answer already; nothing was asked for, try again later");

            await shepherd.Requests.LeaveAsync(preset, request, cancellationToken);
            return await WaitAsync(preset, request.Id, cancellationToken) switch
            {
                null => throw RpcException.Failed($"queued: preset '{preset}' has not answered yet; the request stays, and is seen by the next look at the preset"),
                { Done: true } => JsonValues.Ok,
                Answer refused => throw RpcException.Failed(refused.Text),
            };
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>The answer stands in the store, whoever gave it: so it is looked for there, soon at first, then less often.</summary>
    async Task<Answer?> WaitAsync(string preset, string id, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        long asked = time.GetTimestamp();
        TimeSpan wait = FirstLook;
        try
        {
            while (time.GetElapsedTime(asked) < Patience)
            {
                await Task.Delay(wait, time, either.Token);
                if (await shepherd.Requests.FindAnswerAsync(preset, id, either.Token) is { } answer) return answer;
                wait = wait * 1.5 < LongestWait ? wait * 1.5 : LongestWait;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // We are about to end; the request is in the store.
        }

        return null;
    }
}
