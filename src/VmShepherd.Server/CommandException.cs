namespace VmShepherd.Server;

/// <summary>A command failed in a way that its message says completely.</summary>
sealed class CommandException(string message, int exitCode = ExitCode.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
