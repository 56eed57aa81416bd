using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>Collects what is wrong, so that a file is corrected once and not five times.</summary>
sealed class DiagnosticList
{
    /// <summary>More mistakes than anybody reads: a hostile file must not fill the memory with them.</summary>
    const int Max = 1000;

    readonly List<Diagnostic> _items = [];

    internal IReadOnlyList<Diagnostic> Items => _items;
    internal bool HasErrors { get; private set; }

    internal void Error(YamlNode at, string path, string text) => Add(new Diagnostic(Severity.Error, at.File, at.Line, at.Column, path, text));

    internal void Warn(YamlNode at, string path, string text) => Add(new Diagnostic(Severity.Warning, at.File, at.Line, at.Column, path, text));

    internal void Note(YamlNode at, string path, string text) => Add(new Diagnostic(Severity.Note, at.File, at.Line, at.Column, path, text));

    internal void Add(Diagnostic diagnostic)
    {
        // The first error is kept however many warnings there are: who finds the file invalid must be able to say why.
        if (_items.Count < Max || (diagnostic.Severity == Severity.Error && !HasErrors)) _items.Add(diagnostic);
        HasErrors |= diagnostic.Severity == Severity.Error;
    }

    /// <summary>In the order of the file.</summary>
    internal IReadOnlyList<Diagnostic> Sorted() => [.. _items.OrderBy(d => d.Line).ThenBy(d => d.Column)];

    internal static string Join(string path, string key) => path.Length == 0 ? key : path + "." + key;
}
