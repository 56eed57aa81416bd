namespace VmShepherd.Drivers.Presets.Git;

/// <summary>What a repository may cost us, whoever runs its server. Documented on the driver's page; no options, since nobody knows better values.</summary>
sealed record GitLimits
{
    /// <summary>For the program to name the commits there are.</summary>
    internal TimeSpan Look { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For one commit to come over.</summary>
    internal TimeSpan Fetch { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>For reading what is on our own disk.</summary>
    internal TimeSpan Read { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a first answer is waited for where a clone of an earlier run can stand in.</summary>
    internal TimeSpan FirstAnswer { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause after failures.</summary>
    internal TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Of what the server sends for one commit.</summary>
    internal long FetchBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>Of one file. Larger ones are not fetched where the server can leave them out.</summary>
    internal int FileBytes { get; init; } = 1024 * 1024;

    /// <summary>Of all presets of a repository together.</summary>
    internal int PresetBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Of names: some 100,000 files.</summary>
    internal int ListBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Repositories that are asked at the same time.</summary>
    internal int SideBySide { get; init; } = 16;
}
