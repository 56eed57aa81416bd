namespace VmShepherd.Drivers.Iaas.OpenStack.Names;

/// <summary>Something of the cloud that has an id and a name.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The name.</param>
/// <param name="Detail">What tells it from another of its name, for people.</param>
sealed record Named(string Id, string Name, string Detail)
{
    /// <summary>When it was made, where that decides which of several is taken.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The project it belongs to.</summary>
    public string? Owner { get; init; }

    /// <summary>Of a flavor: virtual cores.</summary>
    public long Cores { get; init; }

    /// <summary>Of a flavor: MiB.</summary>
    public long Memory { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public override string ToString() => Detail.Length == 0 ? Id : $"{Id} ({Detail})";
}
