using System.Globalization;
using System.Text;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Drivers;

/// <summary>What a driver declares, as a text for people.</summary>
public static class DriverSheet
{
    public static string Of(DriverDeclaration driver)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{driver.Name} ({driver.Group}) of {driver.Source}\n");
        if (driver.Options.Count == 0) text.Append("  no options\n");
        Add(text, driver.Options, driver.NewOptions(), "  ");
        return text.ToString();
    }

    static void Add(StringBuilder text, IReadOnlyList<DriverOption> options, object plain, string indent)
    {
        foreach (DriverOption option in options)
        {
            text.Append(CultureInfo.InvariantCulture, $"{indent}{string.Join(", ", option.Spellings)}: {string.Join("; ", Facts(option, option.Get(plain)))}\n{indent}    {option.Declared.Summary}\n");
            if (option.Group is not null) Add(text, option.GroupOptions, option.NewGroup(), indent + "    ");
        }
    }

    static IEnumerable<string> Facts(DriverOption option, object? standard)
    {
        OptionAttribute declared = option.Declared;
        yield return OptionValue.Expected(option.Type) + OptionValue.Bounds(option);
        if (declared.Required) yield return "required";
        else if (!option.IsSecret && Written(standard) is { Length: > 0 } text) yield return $"default {text}";
        if (declared.Secret) yield return "secret";
        if (declared.Endpoint) yield return "endpoint";
        if (declared.Environment is { } variable) yield return $"or environment {variable}";
        if (declared.Ignored) yield return "ignored";
    }

    static string Written(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        TimeSpan span => span.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        IReadOnlyList<string> list => string.Join(", ", list),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        string text => text,
        _ => "",
    };
}
