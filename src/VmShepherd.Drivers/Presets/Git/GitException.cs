namespace VmShepherd.Drivers.Presets.Git;

/// <summary>Why a repository can't be had, for the operator. Never a secret.</summary>
sealed class GitException(string message) : Exception(message)
{
    /// <summary>The same commit fails in the same way tomorrow: it is not fetched again.</summary>
    internal bool IsOfTheCommit { get; init; }
}
