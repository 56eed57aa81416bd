using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>One call to a service.</summary>
/// <param name="Service">Whom.</param>
/// <param name="Method">How.</param>
/// <param name="Path">Behind the service's root; begins with a slash.</param>
/// <param name="What">What it is for, for messages.</param>
sealed record ApiCall(Service Service, HttpMethod Method, string Path, string What)
{
    public ReadOnlyMemory<byte>? Json { get; init; }

    /// <summary>Sending it twice does no more than sending it once. Only such calls are tried again.</summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>Whether a lost answer leaves open what happened.</summary>
    public bool Changes { get; init; }

    /// <summary>Whether another call, to the same end, may have had its effect: its answer was lost.</summary>
    public bool FollowsDoubt { get; init; }

    /// <summary>From this timestamp on it may not be sent any more.</summary>
    public long? SendBefore { get; init; }

    /// <summary>Nova's microversion; <see langword="null"/> = the floor.</summary>
    public string? Microversion { get; init; }

    /// <summary>To the service's versions: an endpoint may end with the project, and they stand above it.</summary>
    public bool IsDiscovery { get; init; }

    /// <summary>Times <c>http_timeout</c>: a create takes a cloud longer than a look.</summary>
    public int Patience { get; init; } = 1;

    /// <summary>What the cloud may repeat in its answer and nobody may read: the user data, as sent; the secret of a login.</summary>
    public string? Secret { get; init; }

    public override string ToString() => $"{Method} {Service} {Path}";
}
