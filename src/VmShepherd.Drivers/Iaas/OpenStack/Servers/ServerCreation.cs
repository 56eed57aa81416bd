using System.Net;
using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using VmShepherd.Drivers.Iaas.OpenStack.Names;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>Creates a server. Nova has no idempotency token: the request is sent once, and when its answer is lost, the intent is looked for in the list.</summary>
sealed class ServerCreation(CloudApi api, NameResolver names, ServerList list, OpenStackOptions options)
{
    /// <summary>Nova talks to glance and neutron before it answers.</summary>
    const int Patience = 3;

    public async Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CreateBody.CheckMetadata(request);
        string? userData = CreateBody.UserData(request);
        CreateIds ids = await ResolveAsync(request, cancellationToken).ConfigureAwait(false);
        var call = new ApiCall(Service.Compute, HttpMethod.Post, "/servers", What(request))
        {
            Json = CreateBody.Of(request, ids, userData, options),
            IsRepeatable = false,
            Changes = true,
            SendBefore = request.SendBefore,
            Patience = Patience,
            Secret = userData,
        };
        try
        {
            return await SendAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (IaasException lost) when (lost.EffectUnknown)
        {
            if (await IntentAsync(request, lost, cancellationToken).ConfigureAwait(false) is { } id) return id;
            throw;
        }
        catch (IaasException refused) when (refused.Failure == IaasFailure.Rejected)
        {
            // An image may have been replaced by another of its name since it was looked up, or a key deleted.
            names.Forget();
            throw;
        }
    }

    /// <summary>With what nova looks up by itself, and refuses without saying which it was.</summary>
    static string What(VmRequest request) =>
        $"create of '{request.Preset}'{(request.KeyName is { } key ? $" with key '{key}'" : "")}{(request.AvailabilityZone is { } zone ? $" in zone '{zone}'" : "")}";

    async Task<string> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (!answer.IsGood) throw api.Failure(call, answer);
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer.Body);
            return document.RootElement.GetProperty("server").GetProperty("id").GetString() is { Length: > 0 } id ? id : throw new JsonException("the id is empty");
        }
        catch (Exception garbled) when (garbled is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Without the cause: the answer holds the machine's adminPass.
            throw Failures.Lost(call, $"{(int)answer.Status}, but the answer can't be understood", null);
        }
    }

    /// <summary>The machine that a lost answer told of; <see langword="null"/> = not to be seen, which does not mean that it will not come.</summary>
    async Task<string?> IntentAsync(VmRequest request, IaasException lost, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyCollection<Vm> there = await list.OfAsync(request.Preset, cancellationToken).ConfigureAwait(false);
            return there.FirstOrDefault(vm => vm.Metadata.GetValueOrDefault(VmMetadata.Intent) == request.IntentId)?.Id;
        }
        catch (IaasException blind)
        {
            throw new IaasException(lost.Failure, $"{lost.Message}; whether it exists can't be seen either: {blind.Message}", lost) { EffectUnknown = true, RetryAfter = lost.RetryAfter, RequestId = lost.RequestId };
        }
    }

    async Task<CreateIds> ResolveAsync(VmRequest request, CancellationToken cancellationToken)
    {
        string at = $"create of '{request.Preset}': ";
        try
        {
            Named image = await names.ImageAsync(request.Image, options.ImageOwnerIds, cancellationToken).ConfigureAwait(false);
            Named flavor = await names.FlavorAsync(request.Flavor, cancellationToken).ConfigureAwait(false);
            List<string> networks = [], groups = [];
            foreach (string network in request.Networks) networks.Add((await names.NetworkAsync(network, cancellationToken).ConfigureAwait(false)).Id);
            foreach (string group in request.SecurityGroups) groups.Add((await names.SecurityGroupAsync(group, cancellationToken).ConfigureAwait(false)).Id);
            if (request.KeyName is { } key) await names.KeyAsync(key, cancellationToken).ConfigureAwait(false);
            Named? serverGroup = options.ServerGroup is { } wanted ? await names.ServerGroupAsync(wanted, cancellationToken).ConfigureAwait(false) : null;
            return new CreateIds(image.Id, flavor.Id, networks, groups, serverGroup?.Id);
        }
        catch (IaasException e)
        {
            throw new IaasException(e.Failure, at + e.Message, e) { RetryAfter = e.RetryAfter, RequestId = e.RequestId };
        }
    }
}
