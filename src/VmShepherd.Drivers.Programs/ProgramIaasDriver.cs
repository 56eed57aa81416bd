using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Programs;

/// <summary>An IaaS driver that is a program. One that is dead, hangs or talks nonsense is an unavailable IaaS.</summary>
sealed class ProgramIaasDriver(ProgramChannel channel, TimeSpan visibilityGrace) : IIaasDriver, IAsyncDisposable
{
    public TimeSpan VisibilityGrace => visibilityGrace;

    public async Task<string> GetScopeAsync(CancellationToken cancellationToken) =>
        await CallAsync<string?>("scope", [], cancellationToken).ConfigureAwait(false) is { Length: > 0 } scope ? scope : throw Strange("scope", "no scope");

    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        Vm?[] vms = await CallAsync<Vm?[]?>("list", new() { ["presets"] = presets }, cancellationToken).ConfigureAwait(false) ?? throw Strange("list", "no list");
        foreach (Vm? vm in vms)
        {
            if (!IsWhole(vm)) throw Strange("list", "a machine without 'id' or 'name'");
            if (!presets.Contains(vm!.Name)) throw Strange("list", $"a machine named '{LineMessages.OneLine(vm.Name, 100)}', which nobody asked for");
        }
        return vms!;
    }

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        Vm? vm = await CallAsync<Vm?>("find", new() { ["id"] = id }, cancellationToken).ConfigureAwait(false);
        return vm is null || (IsWhole(vm) && vm.Id == id) ? vm : throw Strange("find", "another machine than the one that was asked for");
    }

    public async Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        string? id = await CallAsync<string?>(
            "create",
            new()
            {
                ["preset"] = request.Preset,
                ["intent_id"] = request.IntentId,
                ["image"] = request.Image,
                ["flavor"] = request.Flavor,
                ["user_data"] = request.UserData,
                ["key_name"] = request.KeyName,
                ["availability_zone"] = request.AvailabilityZone,
                ["security_groups"] = request.SecurityGroups,
                ["networks"] = request.Networks,
                ["metadata"] = request.Metadata,
                ["send_before"] = channel.SystemSeconds(request.SendBefore),
            },
            cancellationToken,
            request.SendBefore).ConfigureAwait(false);
        return id is { Length: > 0 } ? id : throw Strange("create", "no id");
    }

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) =>
        CallAsync<object?>(
            "terminate",
            new() { ["id"] = termination.Id, ["preset"] = termination.Preset, ["token"] = termination.Token, ["send_before"] = channel.SystemSeconds(termination.SendBefore) },
            cancellationToken,
            termination.SendBefore);

    public ValueTask DisposeAsync() => channel.DisposeAsync();

    async Task<T> CallAsync<T>(string method, Dictionary<string, object?> parameters, CancellationToken cancellationToken, long? sendBefore = null)
    {
        try
        {
            return await channel.CallAsync<T>(method, parameters, cancellationToken, sendBefore).ConfigureAwait(false);
        }
        catch (ProgramException failed)
        {
            IaasFailure failure = FailureOf(failed.Failure);
            throw new IaasException(failure, failed.Message, failed)
            {
                RetryAfter = failed.Failure?.RetryAfter,
                // Silence is no promise: only a refusal that was told by its name had no effect for certain.
                EffectUnknown = failed.WasSent && (failed.Failure?.EffectUnknown ?? failure == IaasFailure.Unavailable),
                RequestId = failed.Failure?.RequestId,
            };
        }
    }

    static IaasFailure FailureOf(ProgramFailure? failure) => failure?.Failure switch
    {
        "throttled" => IaasFailure.Throttled,
        "no_capacity" => IaasFailure.NoCapacity,
        "quota_reached" => IaasFailure.QuotaReached,
        "rejected" => IaasFailure.Rejected,
        "unauthorized" => IaasFailure.Unauthorized,
        _ => IaasFailure.Unavailable,
    };

    static bool IsWhole(Vm? vm) => vm is { Id.Length: > 0, Name.Length: > 0 };

    static IaasException Strange(string method, string what) => new(IaasFailure.Unavailable, $"the program answered '{method}' with {what}") { EffectUnknown = true };
}
