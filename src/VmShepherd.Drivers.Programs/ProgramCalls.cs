using System.Text.Json;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace VmShepherd.Drivers.Programs;

/// <summary>
/// Calls into a program and its answers, put together by their ids. It answers what it was asked, each call once, and says nothing else:
/// anything more is a program out of order, and nobody listens to it any longer.
/// </summary>
/// <remarks>The library's own class for this takes calls as well, and hands on answers by the common queue of the thread pool, which took a quarter more time (docs/performance.md).</remarks>
sealed class ProgramCalls(LineMessages messages)
{
    readonly Lock _lock = new();
    readonly Dictionary<long, TaskCompletionSource<JsonRpcMessage>> _waiting = [];
    long _lastId;
    bool _isClosed;
    volatile string? _complaint;

    /// <summary>What was wrong with what it wrote; <see langword="null"/> = nothing yet.</summary>
    public string? Complaint => _complaint;

    /// <summary>Hands each answer to its call, until the program closes its output or breaks the protocol.</summary>
    public async Task ListenAsync()
    {
        try
        {
            while (await messages.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } message) Answer(message);
        }
        catch (InvalidDataException wrong)
        {
            _complaint = $"it wrote {wrong.Message}";
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Its output has ended: how the program does says more.
        }
    }

    /// <summary>One call. Whoever cancels it tells the program, and still gets its answer.</summary>
    /// <exception cref="RemoteInvocationException">It answered with an error.</exception>
    /// <exception cref="ConnectionLostException">It ended before it answered.</exception>
    /// <exception cref="JsonException">It answered something else than expected.</exception>
    public async Task<T> InvokeAsync<T>(string method, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken)
    {
        // What goes on with an answer must not keep the next one waiting.
        var answer = new TaskCompletionSource<JsonRpcMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        long id = Expect(answer);
        try
        {
            await messages.WriteAsync(new JsonRpcRequest { RequestId = new RequestId(id), Method = method, NamedArguments = parameters }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            Take(id);
            if (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested) throw new ConnectionLostException("the program has ended", failed);
            throw;
        }
        await using (cancellationToken.UnsafeRegister(_ => _ = GiveUpAsync(id), null).ConfigureAwait(false))
            return Result<T>(await answer.Task.ConfigureAwait(false));
    }

    /// <summary>Ends its input and output; whoever waits has lost it.</summary>
    public void Close()
    {
        TaskCompletionSource<JsonRpcMessage>[] lost;
        lock (_lock)
        {
            _isClosed = true;
            lost = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (TaskCompletionSource<JsonRpcMessage> call in lost) call.TrySetException(new ConnectionLostException());
        _ = messages.DisposeAsync();
    }

    long Expect(TaskCompletionSource<JsonRpcMessage> answer)
    {
        lock (_lock)
        {
            if (_isClosed) throw new ConnectionLostException();
            _waiting.Add(++_lastId, answer);
            return _lastId;
        }
    }

    TaskCompletionSource<JsonRpcMessage>? Take(long? id)
    {
        lock (_lock) return id is { } number && _waiting.Remove(number, out TaskCompletionSource<JsonRpcMessage>? call) ? call : null;
    }

    void Answer(JsonRpcMessage message)
    {
        TaskCompletionSource<JsonRpcMessage> call = Take((message as IJsonRpcMessageWithId)?.RequestId.Number) ?? throw new InvalidDataException("an answer that nobody waits for");
        call.TrySetResult(message);
    }

    async Task GiveUpAsync(long id)
    {
        try
        {
            await messages.WriteAsync(new JsonRpcRequest { Method = "$/cancelRequest", NamedArguments = new Dictionary<string, object?> { ["id"] = id } }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // With the program, the call is over.
        }
    }

    static T Result<T>(JsonRpcMessage answer)
    {
        // Data that is no failure of ours comes as something else.
        Type failure = typeof(ProgramFailure);
        if (answer is JsonRpcError { Error: { } error }) throw new RemoteInvocationException(error.Message, (int)error.Code, error.Data, error.GetData(failure));
        try
        {
            return ((JsonRpcResult)answer).GetResult<T>();
        }
        catch (Exception wrong)
        {
            throw new JsonException(wrong.Message, wrong);
        }
    }
}
