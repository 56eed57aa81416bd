using System.Text.Json;
using VmShepherd.Server.Access;

namespace VmShepherd.Server.Api.JsonRpc;

/// <summary>One method of the API: only what stands in the table can be called.</summary>
/// <param name="Name">As clients call it.</param>
/// <param name="Writes">Needs the role <c>write</c>.</param>
/// <param name="Parameters">In the order of their positions.</param>
/// <param name="Invoke">Answers the result as JSON.</param>
sealed record RpcMethod(string Name, bool Writes, IReadOnlyList<RpcParameter> Parameters, Func<RpcCall, ValueTask<ReadOnlyMemory<byte>>> Invoke);

/// <param name="Name">As our documents spell it.</param>
/// <param name="Aliases">As older documents spell it.</param>
/// <param name="IsOptional">It may be left out.</param>
/// <param name="IsList">A list of strings; else a string.</param>
sealed record RpcParameter(string Name, string[] Aliases, bool IsOptional = false, bool IsList = false)
{
    public static RpcParameter Preset { get; } = new("preset", ["preset_name"]);
    public static RpcParameter Vm { get; } = new("vm_id", ["id"]);

    public bool IsCalled(string name) => Name == name || Aliases.Contains(name, StringComparer.Ordinal);
}

/// <summary>A call of one method with its parameters bound.</summary>
sealed record RpcCall(Caller Caller, IReadOnlyList<string[]> Arguments, CancellationToken Cancelled)
{
    public string Text(int index) => Arguments[index][0];

    /// <summary>Of a parameter that may be left out; null = it was.</summary>
    public string? OptionalText(int index) => Arguments[index] is [string text] ? text : null;

    public static RpcCall Bind(RpcMethod method, JsonElement given, Caller caller, CancellationToken cancelled)
    {
        var arguments = new string[]?[method.Parameters.Count];
        switch (given.ValueKind)
        {
            case JsonValueKind.Array:
                if (given.GetArrayLength() > arguments.Length)
                    throw RpcException.InvalidParameters($"{method.Name} takes {arguments.Length} parameters, {given.GetArrayLength()} were given");
                int index = 0;
                foreach (JsonElement value in given.EnumerateArray())
                    arguments[index] = Read(method.Parameters[index++], value);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in given.EnumerateObject())
                    BindNamed(method, arguments, property);
                break;
        }

        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] ??= method.Parameters[i].IsOptional
                ? []
                : throw RpcException.InvalidParameters($"{method.Name} needs the parameter '{method.Parameters[i].Name}'");
        }

        return new(caller, arguments!, cancelled);
    }

    static void BindNamed(RpcMethod method, string[]?[] arguments, JsonProperty property)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (!method.Parameters[i].IsCalled(property.Name)) continue;
            if (arguments[i] is not null) throw RpcException.InvalidParameters($"'{method.Parameters[i].Name}' is given twice");
            arguments[i] = Read(method.Parameters[i], property.Value);
            return;
        }

        throw RpcException.InvalidParameters($"{method.Name} has no parameter of that name: it takes {Names(method)}");
    }

    static string[] Read(RpcParameter parameter, JsonElement value)
    {
        if (!parameter.IsList)
            return [value.AsText() ?? throw RpcException.InvalidParameters($"'{parameter.Name}' must be a string")];
        if (value.ValueKind is not JsonValueKind.Array)
            throw RpcException.InvalidParameters($"'{parameter.Name}' must be a list of strings");
        return [.. value.EnumerateArray().Select(item => item.AsText() ?? throw RpcException.InvalidParameters($"'{parameter.Name}' must be a list of strings"))];
    }

    static string Names(RpcMethod method) =>
        method.Parameters.Count == 0 ? "none" : string.Join(", ", method.Parameters.Select(parameter => parameter.Name));
}
