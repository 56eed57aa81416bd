namespace VmShepherd.Server;

/// <summary>How a command ends. Scripts rely on these numbers.</summary>
static class ExitCode
{
    public const int Good = 0;
    public const int Failed = 1;
    public const int ChangesPending = 2;
    public const int Usage = 64;
    public const int BadConfiguration = 78;
}
