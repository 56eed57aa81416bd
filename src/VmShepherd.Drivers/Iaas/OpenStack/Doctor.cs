using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using VmShepherd.Drivers.Iaas.OpenStack.Names;

namespace VmShepherd.Drivers.Iaas.OpenStack;

/// <summary>Looks at an account, and at all that presets name of it. Only reads.</summary>
sealed class Doctor(CloudAccount account, OpenStackOptions options)
{
    const string WithoutDownCells = ": when a cell is down, its servers are missing from lists";

    readonly List<Finding> _findings = [];

    public async Task<IReadOnlyList<Finding>> ExamineAsync(IReadOnlyCollection<Wish> wishes, CancellationToken cancellationToken)
    {
        bool isIn = await TryAsync("login", null, async () =>
        {
            Token token = await account.Api.TokenAsync(cancellationToken).ConfigureAwait(false);
            return $"{account.Login.AuthUrl}, project {token.ProjectName} ({token.ProjectId})";
        }).ConfigureAwait(false);
        if (!isIn) return _findings;

        foreach (Service service in new[] { Service.Compute, Service.Image, Service.Network })
        {
            await TryAsync("catalog", null, async () =>
            {
                Token token = await account.Api.TokenAsync(cancellationToken).ConfigureAwait(false);
                return $"{service.ToString().ToLowerInvariant()} at {ServiceAddresses.Of(service, token, account.Login)}";
            }).ConfigureAwait(false);
        }

        await TryAsync("microversion", null, async () => await account.Versions.ForLooksAsync(cancellationToken).ConfigureAwait(false) is { } version
            ? $"{version} is used to look, 2.1 to create{(Microversions.TellsDownCells(version) ? "" : WithoutDownCells)}"
            : $"2.1 and no newer one{WithoutDownCells}").ConfigureAwait(false);
        await QuotasAsync(wishes, cancellationToken).ConfigureAwait(false);
        if (options.ServerGroup is { } group)
            await TryAsync("server_group", null, async () => $"'{group}' is {await account.Names.ServerGroupAsync(group, cancellationToken).ConfigureAwait(false)}").ConfigureAwait(false);
        foreach (Wish wish in wishes) await ExamineAsync(wish.Request, cancellationToken).ConfigureAwait(false);
        return _findings;
    }

    async Task ExamineAsync(VmRequest request, CancellationToken cancellationToken)
    {
        string preset = request.Preset;
        await TryAsync("image", preset, async () => $"'{request.Image}' is {await account.Names.ImageAsync(request.Image, options.ImageOwnerIds, cancellationToken).ConfigureAwait(false)}").ConfigureAwait(false);
        await TryAsync("flavor", preset, async () => $"'{request.Flavor}' is {await account.Names.FlavorAsync(request.Flavor, cancellationToken).ConfigureAwait(false)}").ConfigureAwait(false);
        foreach (string network in request.Networks)
            await TryAsync("network", preset, async () => $"'{network}' is {await account.Names.NetworkAsync(network, cancellationToken).ConfigureAwait(false)}").ConfigureAwait(false);
        foreach (string group in request.SecurityGroups)
            await TryAsync("security group", preset, async () => $"'{group}' is {await account.Names.SecurityGroupAsync(group, cancellationToken).ConfigureAwait(false)}").ConfigureAwait(false);
        if (request.KeyName is { } key) await TryAsync("key", preset, async () => $"'{await account.Names.KeyAsync(key, cancellationToken).ConfigureAwait(false)}' is there").ConfigureAwait(false);
        if (request.AvailabilityZone is { } zone) await TryAsync("availability zone", preset, () => ZoneAsync(zone, cancellationToken)).ConfigureAwait(false);
    }

    async Task QuotasAsync(IReadOnlyCollection<Wish> wishes, CancellationToken cancellationToken)
    {
        JsonElement absolute = default;
        bool isTold = await TryAsync("quota", null, async () =>
        {
            absolute = (await ReadAsync("/limits", "look at the quota", cancellationToken).ConfigureAwait(false)).GetProperty("limits").GetProperty("absolute");
            return Quota(absolute, "Instances", "Instances", "servers", wishes.Sum(wish => (long)wish.Count));
        }).ConfigureAwait(false);
        if (!isTold && absolute.ValueKind == JsonValueKind.Undefined) return;

        Needs? needs = null;
        await TryAsync("quota", null, async () =>
        {
            needs = await NeedsAsync(wishes, cancellationToken).ConfigureAwait(false);
            return Quota(absolute, "Cores", "Cores", "cores", needs.Cores, needs.Uncounted);
        }).ConfigureAwait(false);
        if (needs is not null) await TryAsync("quota", null, () => Task.FromResult(Quota(absolute, "RAMSize", "RAM", "MiB of memory", needs.Memory, needs.Uncounted))).ConfigureAwait(false);
    }

    async Task<Needs> NeedsAsync(IReadOnlyCollection<Wish> wishes, CancellationToken cancellationToken)
    {
        (long cores, long memory, List<string> uncounted) = (0, 0, []);
        foreach (IGrouping<string, Wish> same in wishes.GroupBy(wish => wish.Request.Flavor))
        {
            if (await FlavorAsync(same.Key, cancellationToken).ConfigureAwait(false) is not { } flavor)
            {
                uncounted.Add($"'{same.Key}'");
                continue;
            }

            long count = same.Sum(wish => (long)wish.Count);
            (cores, memory) = (cores + count * flavor.Cores, memory + count * flavor.Memory);
        }

        return new Needs(cores, memory, uncounted.Count == 0 ? "" : $" (not counting flavor {string.Join(", ", uncounted)})");
    }

    /// <summary>One that is not to be found counts for nothing here: it is a finding of its preset. One that can't be read is not nothing.</summary>
    async Task<Named?> FlavorAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await account.Names.FlavorAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (IaasException e) when (e.Failure == IaasFailure.Rejected)
        {
            return null;
        }
    }

    static string Quota(JsonElement absolute, string most, string used, string what, long wanted, string uncounted = "")
    {
        long limit = absolute.GetProperty($"maxTotal{most}").GetInt64(), taken = absolute.GetProperty($"total{used}Used").GetInt64();
        if (limit < 0) return $"{what} without limit, {taken} are used";
        string text = $"{limit} {what}, {taken} are used, these presets want {wanted}{uncounted}";
        return wanted <= limit ? text : throw new IaasException(IaasFailure.QuotaReached, $"{text}: not all can be had");
    }

    async Task<string> ZoneAsync(string zone, CancellationToken cancellationToken)
    {
        JsonElement zones = (await ReadAsync("/os-availability-zone", "look at the availability zones", cancellationToken).ConfigureAwait(false)).GetProperty("availabilityZoneInfo");
        (string Name, bool IsUp)[] there = [.. zones.EnumerateArray().Select(one => (one.GetProperty("zoneName").GetString() ?? "", one.GetProperty("zoneState").GetProperty("available").GetBoolean()))];
        return there.Any(one => one.Name == zone && one.IsUp) ? $"'{zone}' is available"
            : throw new IaasException(IaasFailure.Rejected, $"'{zone}' is not available; there are {string.Join(", ", there.Where(one => one.IsUp).Select(one => one.Name))}");
    }

    async Task<JsonElement> ReadAsync(string path, string what, CancellationToken cancellationToken)
    {
        using ApiAnswer answer = await account.Api.SendForGoodAsync(new ApiCall(Service.Compute, HttpMethod.Get, path, what), cancellationToken).ConfigureAwait(false);
        using JsonDocument document = JsonDocument.Parse(answer.Body);
        return document.RootElement.Clone();
    }

    async Task<bool> TryAsync(string subject, string? preset, Func<Task<string>> look)
    {
        try
        {
            _findings.Add(new Finding(true, subject, await look().ConfigureAwait(false)) { Preset = preset });
            return true;
        }
        catch (Exception e) when (e is IaasException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            _findings.Add(new Finding(false, subject, e is IaasException ? e.Message : $"the answer can't be understood: {e.Message}") { Preset = preset });
            return false;
        }
    }

    /// <summary>What all presets want together, and which flavors that leaves out, for messages.</summary>
    sealed record Needs(long Cores, long Memory, string Uncounted);
}
