using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Collects what is wrong, so that a file is corrected once and not five times.</summary>
sealed class DiagnosticList
{
    /// <summary>More mistakes than anybody reads: a hostile file must not fill the memory with them.</summary>
    internal const int Max = 1000;

    const int MaxKey = 60;
    const int MaxText = 1000;

    readonly List<Diagnostic> _items = [];

    internal IReadOnlyList<Diagnostic> Items => _items;
    internal bool HasErrors { get; private set; }

    internal void Error(YamlNode at, string path, string text) => Add(new Diagnostic(Severity.Error, at.File, at.Line, at.Column, path, text));

    internal void Warn(YamlNode at, string path, string text) => Add(new Diagnostic(Severity.Warning, at.File, at.Line, at.Column, path, text));

    internal void Note(YamlNode at, string path, string text) => Add(new Diagnostic(Severity.Note, at.File, at.Line, at.Column, path, text));

    internal void Add(Diagnostic diagnostic)
    {
        diagnostic = diagnostic with { Path = OneLine(diagnostic.Path), Text = OneLine(diagnostic.Text) };
        // The first error is kept however many warnings there are: who finds the file invalid must be able to say why.
        if (_items.Count < Max || (diagnostic.Severity == Severity.Error && !HasErrors)) _items.Add(diagnostic);
        HasErrors |= diagnostic.Severity == Severity.Error;
    }

    /// <summary>Messages quote the file: however it is made, each stays one line that a terminal can show.</summary>
    static string OneLine(string text)
    {
        if (text.Length > MaxText) text = text[..MaxText] + "...";
        return text.Any(IsBreaking) ? string.Concat(text.Select(c => IsBreaking(c) ? ' ' : c)) : text;

        static bool IsBreaking(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
    }

    /// <summary>In the order of the file.</summary>
    internal IReadOnlyList<Diagnostic> Sorted() => [.. _items.OrderBy(d => d.Line).ThenBy(d => d.Column)];

    /// <summary>A key is shortened: a path is made for each value of a file, and what repeats a huge key repeats it as often.</summary>
    internal static string Join(string path, string key)
    {
        if (key.Length > MaxKey) key = key[..MaxKey] + "...";
        return path.Length == 0 ? key : path + "." + key;
    }
}
