namespace VmShepherd.Abstractions;

/// <summary>
/// Declares one option of a driver. The property's type is the option's (string, bool, int, long, double, <see cref="TimeSpan"/> written in seconds,
/// <c>IReadOnlyList&lt;string&gt;</c>, <c>IReadOnlyDictionary&lt;string, string&gt;</c>, nullable where it may be left out); its initial value is the default.
/// <c>IReadOnlyDictionary&lt;string, T&gt;</c>, where T is a class with options of its own, is a map of groups; a text in place of a group stands for T's first option.
/// </summary>
/// <param name="key">The key in the settings.</param>
/// <param name="summary">One sentence for the operator, with the unit.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string key, string summary) : Attribute
{
    /// <summary>The key in the settings.</summary>
    public string Key { get; } = key;

    /// <summary>One sentence for the operator, with the unit.</summary>
    public string Summary { get; } = summary;

    /// <summary>Other spellings that are accepted.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>Whether it must be given.</summary>
    public bool Required { get; init; }

    /// <summary>The least value of a number or duration (in seconds).</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest value of a number or duration (in seconds).</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Never shown: in API, panel, logs and messages it is <c>***</c>, and templates do not see it.</summary>
    public bool Secret { get; init; }

    /// <summary>Says where secrets are sent: a preset that overrides it does not inherit secrets from the defaults.</summary>
    public bool Endpoint { get; init; }

    /// <summary>An environment variable that fills it when the settings do not.</summary>
    public string? Environment { get; init; }

    /// <summary>Accepted for compatibility and without effect; using it warns.</summary>
    public bool Ignored { get; init; }
}
