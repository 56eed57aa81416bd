using VmShepherd.Abstractions;

namespace VmShepherd.Server.Plugins;

/// <summary>Versions of the driver SDK: one of the same major that is not newer than ours fits.</summary>
static class SdkVersion
{
    public static Version Ours { get; } = typeof(IIaasDriver).Assembly.GetName().Version is { } version ? new Version(version.Major, version.Minor, version.Build) : new Version(0, 0, 0);

    /// <summary>What follows a hyphen or a plus plays no part.</summary>
    public static Version? Parse(string text) => Version.TryParse(text.Split('-', '+')[0], out Version? version) ? version : null;

    /// <exception cref="PluginException">A plug-in built for it can't run here.</exception>
    public static void Require(Version built, string plugin)
    {
        if (built.Major == Ours.Major && built.Minor <= Ours.Minor) return;
        string help = built.Major < Ours.Major || built.Major == 0 ? "build it for the newer one" : "upgrade VmShepherd";
        throw new PluginException($"{plugin} was built for version {built} of the driver SDK, this VmShepherd has {Ours}: {help}");
    }
}
