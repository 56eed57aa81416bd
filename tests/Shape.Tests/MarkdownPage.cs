using System.Text.RegularExpressions;

namespace VmShepherd.Shape.Tests;

/// <summary>A page of the documents, as far as the rules look at it.</summary>
sealed partial class MarkdownPage
{
    readonly string _withoutBlocks;

    MarkdownPage(string file, string text)
    {
        File = file;
        Text = text;
        _withoutBlocks = Block().Replace(text, "");
    }

    public string File { get; }

    public string Text { get; }

    public static MarkdownPage Open(string file) => new(file, Repository.Read(file));

    /// <summary>What a reader can click on.</summary>
    public IEnumerable<string> Links => Link().Matches(Code().Replace(_withoutBlocks, "")).Select(match => match.Groups[1].Value);

    /// <summary>What headings are called in links.</summary>
    public IEnumerable<string> Anchors => Heading().Matches(_withoutBlocks).Select(match => Slug(match.Groups[1].Value));

    /// <summary>Code within sentences, and every line of the blocks.</summary>
    public IEnumerable<string> CodeSpans => Code().Matches(_withoutBlocks).Select(match => match.Groups[1].Value);

    /// <summary>Lines of blocks.</summary>
    public IEnumerable<string> BlockLines => Block().Matches(Text).SelectMany(match => match.Value.Split('\n')[1..^1]);

    /// <summary>Rows of tables, each as its cells, headings among them.</summary>
    public IEnumerable<string[]> Rows => _withoutBlocks.Split('\n')
        .Where(line => line.StartsWith('|'))
        .Select(line => Cell().Split(line.Trim().Trim('|')).Select(cell => cell.Trim()).ToArray());

    /// <summary>The row whose first cell is this, in code or plain.</summary>
    public string[]? RowOf(string first) => Rows.FirstOrDefault(row => row[0] == first || row[0] == $"`{first}`");

    /// <summary>As the hosting sites make it: small letters, blanks to dashes, the rest dropped.</summary>
    static string Slug(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\[[^\]\n]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();
}
