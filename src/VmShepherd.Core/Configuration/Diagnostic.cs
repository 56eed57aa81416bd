using System.Globalization;

namespace VmShepherd.Core.Configuration;

/// <summary>From least to worst.</summary>
public enum Severity
{
    /// <summary>Worth knowing before an upgrade; only `validate` says it.</summary>
    Note,
    Warning,

    /// <summary>The file is not valid.</summary>
    Error,
}

/// <summary>One mistake, or one thing worth knowing, in a place the operator can go to.</summary>
/// <param name="Severity">An error makes its file invalid.</param>
/// <param name="File">As the operator knows it.</param>
/// <param name="Line">From 1; 0 = the file as a whole.</param>
/// <param name="Column">From 1; 0 = the file as a whole.</param>
/// <param name="Path">Keys from the top, dotted, lists in brackets; empty = the document.</param>
/// <param name="Text">What is wrong, and what to do. Never a secret's value.</param>
public sealed record Diagnostic(Severity Severity, string File, int Line, int Column, string Path, string Text)
{
    string Mark => Severity switch { Severity.Error => "", Severity.Warning => "warning: ", _ => "note: " };

    /// <summary><c>FILE:LINE:COL PATH: text</c></summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}{(Path.Length == 0 ? "" : " " + Path)}: {Mark}{Text}");
}
