using System.Reflection;
using System.Runtime.Loader;

namespace VmShepherd.Server.Plugins;

/// <summary>A plug-in's own world: its dependencies are its own, in whatever version; the SDK alone is shared, and what comes with .NET.</summary>
sealed class PluginLoadContext(string plugin, string file) : AssemblyLoadContext(plugin)
{
    public const string Shared = "VmShepherd.Abstractions";

    readonly AssemblyDependencyResolver _resolver = new(file);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Shared) return null;
        string? found = _resolver.ResolveAssemblyToPath(assemblyName);
        if (found is null && Path.Combine(Path.GetDirectoryName(file)!, assemblyName.Name + ".dll") is var beside && File.Exists(beside)) found = beside;
        return found is null ? null : LoadFromAssemblyPath(found);
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : 0;
}
