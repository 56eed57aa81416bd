using System.Globalization;
using System.Numerics;
using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>What a single value can be read as. <see langword="null"/> = it can't.</summary>
static class ScalarReading
{
    /// <summary>Longer spans are typing mistakes, and far from what the clock's types can hold.</summary>
    internal const double MaxSeconds = 10 * 366 * 86400d;

    /// <summary>As written: a password of 0744 is these four characters.</summary>
    internal static string? Text(YamlNode node) => node is YamlScalar { Value: not (null or byte[]) } scalar ? scalar.Text : null;

    internal static bool? Boolean(YamlNode node) => (node as YamlScalar)?.Value switch
    {
        bool truth => truth,
        0L => false,
        1L => true,
        _ => null,
    };

    internal static long? Integer(YamlNode node) => (node as YamlScalar)?.Value as long?;

    internal static double? Number(YamlNode node) => (node as YamlScalar)?.Value switch
    {
        long number => number,
        BigInteger number when double.IsFinite((double)number) => (double)number,
        double number when double.IsFinite(number) => number,
        _ => null,
    };

    /// <summary><c>40 %</c>, <c>40%</c>, or a number from 0 to 1.</summary>
    internal static double? Share(YamlNode node)
    {
        double? share = Number(node);
        if (node is YamlScalar { Value: string text } && text.TrimEnd().EndsWith('%'))
            share = double.TryParse(text.TrimEnd()[..^1], NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out double percent) ? percent / 100 : null;
        return share is >= 0 and <= 1 ? share : null;
    }

    /// <summary>A value that came without YAML around it (an environment variable): read as if it stood there plain.</summary>
    internal static YamlScalar FromText(string text, string origin)
    {
        string tag = YamlResolver.Resolve(text);
        if (tag is YamlResolver.Merge or YamlResolver.Value or YamlResolver.Null) tag = YamlResolver.Str;
        var scalar = new YamlScalar(tag, text, isPlain: true, origin, 0, 0);
        try
        {
            scalar.Value = YamlValues.Construct(tag, text);
        }
        catch (FormatException)
        {
            scalar.Value = text; // 2026-13-01 is a text like any other where nobody promised YAML
        }
        return scalar;
    }

    /// <summary>For a message: what stands there, shortened.</summary>
    internal static string Described(YamlNode node) => node is YamlScalar { Value: not (null or byte[]) } scalar
        ? $"'{(scalar.Text.Length > 60 ? scalar.Text[..60] + "..." : scalar.Text)}'"
        : node.Kind;
}
