using System.Text.RegularExpressions;

namespace VmShepherd.Shape.Tests;

/// <summary>The keys of settings and presets, taken from the readers' own calls.</summary>
static partial class ReaderKeys
{
    public static IReadOnlyList<string> All { get; } = Find();

    static string[] Find()
    {
        SortedSet<string> keys = new(StringComparer.Ordinal);
        string[] files = [.. Repository.Sources.Where(file => file.StartsWith("src/VmShepherd.Core/Configuration/", StringComparison.Ordinal) || file.EndsWith("/OptionBinder.cs", StringComparison.Ordinal))];
        Dictionary<string, string> constants = files.SelectMany(file => Constant().Matches(Repository.Read(file))).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        foreach (string file in files)
        {
            // What is defined is not yet read.
            if (file.EndsWith("Table.cs", StringComparison.Ordinal)) continue;
            string code = Repository.Read(file);
            keys.UnionWith(Read().Matches(code).Select(match => match.Groups[1].Value));
            keys.UnionWith(Section().Matches(code).Select(match => match.Groups[1].Value));

            keys.UnionWith(ReadByConstant().Matches(code).Select(match => constants.GetValueOrDefault(match.Groups[1].Value)).OfType<string>());
        }

        return [.. keys];
    }

    /// <summary>The readers' methods take the key first.</summary>
    [GeneratedRegex(@"\b(?:Find|Required|Text|Texts|Word|Number|Boolean|Integer|Seconds|Share|Section|Read(?:<[^>]+>)?)\(""([A-Za-z][\w-]*)""")]
    private static partial Regex Read();

    /// <summary>A section for a driver is named behind its group.</summary>
    [GeneratedRegex(@"DriverGroup\.\w+, ""(\w+)""")]
    private static partial Regex Section();

    [GeneratedRegex(@"const string (\w+) = ""([a-z_]+)""")]
    private static partial Regex Constant();

    [GeneratedRegex(@"\b(?:Find|Number)\((\w+)\)")]
    private static partial Regex ReadByConstant();
}
