using System.Collections.Frozen;
using System.Text.Json;
using VmShepherd.Server.Access;

namespace VmShepherd.Server.Api.JsonRpc;

/// <summary>Finds the method of a call, sees that the caller may, and turns every way it can end into an answer.</summary>
sealed class RpcDispatcher(IEnumerable<RpcMethod> methods, ILogger logger)
{
    readonly FrozenDictionary<string, RpcMethod> _methods = methods.ToFrozenDictionary(method => method.Name, StringComparer.Ordinal);

    /// <returns><see langword="null"/> for a notification.</returns>
    public async ValueTask<RpcAnswer?> AnswerAsync(JsonElement element, Caller caller, CancellationToken cancellationToken)
    {
        RpcRequest request = RpcRequest.Read(element);
        RpcAnswer answer = await AnswerAsync(request, caller, cancellationToken);
        return request.IsNotification ? null : answer;
    }

    async ValueTask<RpcAnswer> AnswerAsync(RpcRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if (request.Problem is { } problem) return RpcAnswer.Error(request.Id, RpcCode.InvalidRequest, "Invalid request: " + problem);
        try
        {
            RpcMethod method = FindFor(caller, request.Method);
            RpcCall call = RpcCall.Bind(method, request.Parameters, caller, cancellationToken);
            return RpcAnswer.Of(request.Id, await method.Invoke(call));
        }
        catch (RpcException failed)
        {
            return RpcAnswer.Error(request.Id, failed.Code, failed.Message);
        }
        catch (Exception unexpected) when (unexpected is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // What went wrong inside is for our log, not for the caller.
            Log.CallFailed(logger, request.Method, caller.Name, unexpected);
            return RpcAnswer.Error(request.Id, RpcCode.Failed, "the call failed inside the server: its log says why");
        }
    }

    RpcMethod FindFor(Caller caller, string name)
    {
        // A method that is not allowed is, to the caller, not there.
        if (!_methods.TryGetValue(name, out RpcMethod? method) || !caller.MayCall(name))
            throw new RpcException(RpcCode.MethodNotFound, "Method not found");
        if (method.Writes && !caller.MayWrite)
            throw RpcException.Failed($"{name} needs the role write: '{caller.Name}' has the role read");
        return method;
    }
}
