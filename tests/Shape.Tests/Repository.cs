using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.RegularExpressions;

namespace VmShepherd.Shape.Tests;

/// <summary>The files of this repository, as they lie there.</summary>
static class Repository
{
    static readonly string[] Foreign = [".git", "artifacts", "bin", "obj", "node_modules"];

    public static string Root { get; } = FindRoot();

    /// <summary>Every file that is ours, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. FilesIn(Root).Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Sources { get; } = [.. Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))];

    public static IEnumerable<string> Documents { get; } = [.. Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal))];

    /// <summary>Our assemblies, the test projects apart.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } = [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
        .Where(file => Path.GetFileName(file).StartsWith("VmShepherd", StringComparison.OrdinalIgnoreCase))
        .Select(Assembly.LoadFrom)
        .OrderBy(assembly => assembly.GetName().Name, StringComparer.Ordinal)];

    public static Assembly Core { get; } = Assemblies.Single(assembly => assembly.GetName().Name == "VmShepherd.Core");

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool Exists(string path) => File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    /// <summary>What the first group catches in each source below a folder, each once.</summary>
    public static IReadOnlyList<string> Catch(string folder, [StringSyntax(StringSyntaxAttribute.Regex)] string pattern) =>
    [
        .. Sources.Where(file => file.StartsWith(folder, StringComparison.Ordinal))
            .SelectMany(file => Regex.Matches(Read(file), pattern))
            .Select(match => match.Groups[1].Value)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    static IEnumerable<string> FilesIn(string folder) => Directory.EnumerateFiles(folder)
        .Concat(Directory.EnumerateDirectories(folder).Where(inner => !Foreign.Contains(Path.GetFileName(inner))).SelectMany(FilesIn));

    static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "VmShepherd.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("VmShepherd.slnx is in no directory above the tests: they look at the repository they were built in.");
    }
}
