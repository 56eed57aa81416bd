using VmShepherd.Core.Loop;
using VmShepherd.Server.Api.JsonRpc;
using VmShepherd.Server.Plans;

namespace VmShepherd.Server.Api;

/// <summary><c>plan(presets)</c>: what would be done now, and why not more. Looks at the cloud, so only one at a time.</summary>
sealed class PlanMethod(Shepherd shepherd) : IDisposable
{
    readonly SemaphoreSlim _one = new(1, 1);

    public IEnumerable<RpcMethod> Table => [new("plan", Writes: false, [new("presets", [], IsOptional: true, IsList: true)], PlanAsync)];

    public void Dispose() => _one.Dispose();

    async ValueTask<ReadOnlyMemory<byte>> PlanAsync(RpcCall call)
    {
        string[] presets = [.. call.Arguments[0].Select(name => shepherd.Catalog.Get(name).Name)];
        if (!await _one.WaitAsync(TimeSpan.Zero, call.Cancelled)) throw RpcException.Failed("busy: another plan is being made, try again");
        try
        {
            return PlanDocument.Render(shepherd.Catalog.Revision, await shepherd.PlanAsync(presets, call.Cancelled));
        }
        finally
        {
            _one.Release();
        }
    }
}
