namespace VmShepherd.Core.Configuration;

/// <summary>Which version of a preset this is: of its own source and of the defaults it is merged with, each with the moment from which on its place says so.</summary>
/// <param name="Source">The source's revision.</param>
/// <param name="SourceAt">By the place's own clock (a file's time stamp, a commit's time); <see langword="null"/> = the place does not know.</param>
/// <param name="Defaults">The defaults' revision.</param>
/// <param name="DefaultsAt">The settings file's time stamp; <see langword="null"/> = they are from no file.</param>
public sealed record PresetVersion(string Source, DateTimeOffset? SourceAt, string Defaults, DateTimeOffset? DefaultsAt)
{
    /// <summary>Of no source at all.</summary>
    public static PresetVersion None { get; } = new("", null, "", null);

    /// <summary>Of source and defaults together: the same revision, the same preset.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Revision => $"{Source}+{Defaults}";

    /// <summary>Whether it says the same, since whenever.</summary>
    public bool Says(PresetVersion other) => Source == other.Source && Defaults == other.Defaults;

    /// <summary>Whether each part that says something else came later.</summary>
    public bool IsLaterThan(PresetVersion other) =>
        (Source == other.Source || SourceAt > other.SourceAt) && (Defaults == other.Defaults || DefaultsAt > other.DefaultsAt) && !Says(other);
}
