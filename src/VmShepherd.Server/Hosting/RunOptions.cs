using VmShepherd.Core.Configuration;

namespace VmShepherd.Server.Hosting;

/// <summary>The command line of <c>run</c>. What it says beats the file, at the start and at each reload.</summary>
/// <param name="File">The settings file.</param>
/// <param name="Level">debug, info, warning, error; <see langword="null"/> = the file's.</param>
/// <param name="Port">To listen on; <see langword="null"/> = the file's.</param>
/// <param name="Once">One cycle over everything due, without HTTP.</param>
sealed record RunOptions(string File, string? Level = null, int? Port = null, bool Once = false)
{
    public Settings ApplyTo(Settings settings) => settings with
    {
        LogLevel = Level ?? settings.LogLevel,
        Http = settings.Http with { ListenPort = Port ?? settings.Http.ListenPort },
    };
}
