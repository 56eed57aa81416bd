namespace VmShepherd.Abstractions;

/// <summary>One place that holds one preset, as read: a file, a blob, a row.</summary>
/// <param name="Origin">Which place: the path, or <c>repository:path</c>. Unique within a snapshot; the same while the content changes, since what was read before is kept by it. Ordinal order of it breaks ties.</param>
/// <param name="Revision">Changes when the content does, and only then: an unchanged source is not parsed again.</param>
/// <param name="Content">What it says; <see langword="null"/> when it could not be read, and then <see cref="Problem"/> says why.</param>
public sealed record PresetSource(string Origin, string Revision, PresetContent? Content)
{
    /// <summary>Why the content can't be had; <see langword="null"/> = it is here.</summary>
    public string? Problem { get; init; }

    /// <summary>For messages: where exactly this content was read, as <c>repository@commit:path</c>. <see cref="Origin"/> unless given.</summary>
    public string Location { get => field ?? Origin; init; }

    /// <summary>The commit that the content is of; <see langword="null"/> = the place has none. It may change while <see cref="Revision"/> does not.</summary>
    public SourceCommit? Commit { get; init; }

    /// <summary>
    /// When the place came to say this, by the place's own clock: a file's time stamp, the time of the commit; <see langword="null"/> = it does not know. Instances that share a store
    /// see their places at different times: of two contents the later one is meant. It is read together with a new <see cref="Revision"/>; if it changes alone, nobody looks.
    /// </summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Put before the preset's own name (<c>REPOSITORY.</c>); empty = nothing.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>The files its <c>file://</c> may reach; <see langword="null"/> = none.</summary>
    public IPresetFiles? Files { get; init; }
}

/// <summary>A state of a place that keeps its history.</summary>
/// <param name="Id">In full, as the place names it.</param>
/// <param name="Authored">When its author wrote it.</param>
public sealed record SourceCommit(string Id, DateTimeOffset Authored);

/// <summary>All presets at one moment, immutable.</summary>
/// <param name="Revision">The same revision means that nothing changed.</param>
/// <param name="Sources">Every source there is, readable or not.</param>
public sealed record PresetSnapshot(string Revision, IReadOnlyList<PresetSource> Sources)
{
    /// <summary>What is wrong with the place as a whole (a directory or repository out of reach). While there is any, an absent source is not a vanished one.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>
    /// Where the <see cref="Problems"/> are, as beginnings of origins: elsewhere, an absent source has vanished in spite of them. One empty text is everywhere,
    /// and holds for drivers that say nothing.
    /// </summary>
    public IReadOnlyList<string> TroubledOrigins { get; init; } = [""];
}
