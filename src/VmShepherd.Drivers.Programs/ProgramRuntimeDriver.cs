using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Programs;

/// <summary>A store that is a program. One that does not answer is a store out of reach.</summary>
sealed class ProgramRuntimeDriver(ProgramChannel channel) : IRuntimeDriver, IStartCheck
{
    public async Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        PresetLease?[] leases = await CallAsync<PresetLease?[]?>("claim", new() { ["instance_id"] = request.InstanceId, ["presets"] = request.Presets, ["max"] = request.Max, ["lease"] = request.Lease, ["courtesy"] = request.Courtesy }, cancellationToken).ConfigureAwait(false)
            ?? throw Strange("claim", "no list");
        if (leases.Length > request.Max || leases.Any(lease => lease?.Preset is null || !request.Presets.Contains(lease.Preset) || lease.Duration <= TimeSpan.Zero || lease.Duration > request.Lease))
            throw Strange("claim", "leases that nobody asked for");
        return leases!;
    }

    public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken) =>
        CallAsync<bool>("save", new() { ["preset"] = lease.Preset, ["token"] = lease.Token, ["state"] = state, ["acted"] = acted }, cancellationToken);

    public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken) =>
        CallAsync<bool>("complete", new() { ["preset"] = lease.Preset, ["token"] = lease.Token, ["state"] = state, ["requests"] = lease.Requests.Count, ["due_in"] = dueIn, ["yields"] = lease.Yields }, cancellationToken);

    public async Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        var held = leases.Select(held => new Held(held.Preset, held.Token)).ToArray();
        bool[]? renewed = await CallAsync<bool[]?>("renew", new() { ["leases"] = held, ["lease"] = lease }, cancellationToken).ConfigureAwait(false);
        return renewed?.Length == leases.Count ? renewed : throw Strange("renew", "another number of answers than leases");
    }

    public async Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        Dictionary<string, VersionedDocument?> documents = await CallAsync<Dictionary<string, VersionedDocument?>?>("read", new() { ["presets"] = presets }, cancellationToken).ConfigureAwait(false) ?? throw Strange("read", "no documents");
        return documents.Where(document => document.Value is not null).ToDictionary(document => document.Key, document => document.Value!, StringComparer.Ordinal);
    }

    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken) =>
        CallAsync<object?>("request", new() { ["preset"] = preset, ["request"] = request }, cancellationToken);

    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) =>
        CallAsync<object?>("forget", new() { ["presets"] = presets }, cancellationToken);

    /// <summary>Options that the program refuses, only a person can change.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync<Dictionary<string, VersionedDocument?>?>("read", new() { ["presets"] = Array.Empty<string>() }, cancellationToken).ConfigureAwait(false);
        }
        catch (ProgramException failed) when (failed.Failure?.Failure == "bad_options")
        {
            throw new ArgumentException(failed.Message, failed);
        }
        catch (ProgramException)
        {
            // Out of reach: the loop waits for it.
        }
    }

    public ValueTask DisposeAsync() => channel.DisposeAsync();

    Task<T> CallAsync<T>(string method, Dictionary<string, object?> parameters, CancellationToken cancellationToken) => channel.CallAsync<T>(method, parameters, cancellationToken);

    static ProgramException Strange(string method, string what) => new($"the program answered '{method}' with {what}", wasSent: true);

    sealed record Held(string Preset, LeaseToken Token);
}
