namespace VmShepherd.Server.Api.JsonRpc;

/// <summary>A call that failed in a way its caller is told. The message goes out as it is: never an internal or a secret.</summary>
sealed class RpcException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;

    public static RpcException InvalidParameters(string message) => new(RpcCode.InvalidParameters, message);

    public static RpcException Failed(string message) => new(RpcCode.Failed, message);
}

/// <summary>The codes of JSON-RPC 2.0 that leave us; <see cref="Failed"/> is our one code of its range for servers.</summary>
static class RpcCode
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParameters = -32602;
    public const int Failed = -32000;
}
