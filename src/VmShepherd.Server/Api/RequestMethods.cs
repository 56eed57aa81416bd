using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Server.Api.JsonRpc;

namespace VmShepherd.Server.Api;

/// <summary>What people may ask for. Nothing is done here: a request is left with the loop, which passes it by the same guards as everything else.</summary>
sealed class RequestMethods(Shepherd shepherd, RequestDesk desk)
{
    /// <summary>A reason is a line in the report of every cycle.</summary>
    const int MaxReason = 200;

    public IEnumerable<RpcMethod> Table =>
    [
        new("terminate_vm", Writes: true, [RpcParameter.Preset, RpcParameter.Vm], TerminateAsync),
        new("accept_scope", Writes: true, [RpcParameter.Preset], AcceptScopeAsync),
        new("confirm", Writes: true, [RpcParameter.Preset], ConfirmAsync),
        new("manage", Writes: true, [RpcParameter.Preset], ManageAsync),
        new("pause", Writes: true, [RpcParameter.Preset, new("reason", [], IsOptional: true)], PauseAsync),
        new("resume", Writes: true, [RpcParameter.Preset], ResumeAsync),
    ];

    async ValueTask<ReadOnlyMemory<byte>> TerminateAsync(RpcCall call)
    {
        string preset = shepherd.Catalog.Get(call.Text(0)).Name, vm = call.Text(1);

        // Without a report of our own another instance holds the preset, and will find out: what we show of it may be older than the machine.
        if (shepherd.Board.Find(preset) is { } report && report.Instance == shepherd.Instance && report.FindMachine(vm) is null)
            throw RpcException.Failed($"preset '{preset}' has no machine '{vm}'");

        return await desk.AskAsync(preset, new Request.Terminate(NewId(), call.Caller.Name, vm), call.Cancelled);
    }

    async ValueTask<ReadOnlyMemory<byte>> AcceptScopeAsync(RpcCall call)
    {
        string preset = shepherd.Catalog.Get(call.Text(0)).Name;
        return await desk.AskAsync(preset, new Request.AcceptScope(NewId(), call.Caller.Name), call.Cancelled);
    }

    async ValueTask<ReadOnlyMemory<byte>> ConfirmAsync(RpcCall call)
    {
        Preset preset = shepherd.Catalog.Get(call.Text(0));
        return await desk.AskAsync(preset.Name, new Request.Confirm(NewId(), call.Caller.Name) { Version = preset.Version }, call.Cancelled);
    }

    async ValueTask<ReadOnlyMemory<byte>> ManageAsync(RpcCall call)
    {
        string preset = shepherd.Catalog.Get(call.Text(0)).Name;
        await shepherd.Requests.LeaveAsync(preset, new Request.Manage(NewId(), call.Caller.Name), call.Cancelled);
        return JsonValues.Ok;
    }

    async ValueTask<ReadOnlyMemory<byte>> PauseAsync(RpcCall call)
    {
        string preset = shepherd.Catalog.Get(call.Text(0)).Name;
        string? reason = call.OptionalText(1)?.Trim();
        if (reason?.Length > MaxReason || reason?.Any(char.IsControl) == true) throw RpcException.InvalidParameters($"'reason' must be one line of at most {MaxReason} characters");
        return await desk.AskAsync(preset, new Request.Pause(NewId(), call.Caller.Name, reason is "" ? null : reason), call.Cancelled);
    }

    async ValueTask<ReadOnlyMemory<byte>> ResumeAsync(RpcCall call)
    {
        string preset = shepherd.Catalog.Get(call.Text(0)).Name;
        return await desk.AskAsync(preset, new Request.Resume(NewId(), call.Caller.Name), call.Cancelled);
    }

    static string NewId() => Guid.NewGuid().ToString("N");
}
