using System.Text.RegularExpressions;

namespace VmShepherd.Shape.Tests;

/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Lines">How many it has.</param>
/// <param name="Header">Its first words.</param>
sealed record Member(int Line, int Lines, string Header);

/// <summary>Finds the members of the types in a source by counting braces: methods, constructors, properties, fields.</summary>
static partial class Members
{
    public static IReadOnlyList<Member> In(string code)
    {
        string text = SourceText.Blank(code);
        List<Member> members = [];
        ReadScope(text, 0, isType: false, members);
        return members;
    }

    /// <summary>A file, a namespace or a type from behind its brace; answers where it closes.</summary>
    static int ReadScope(string text, int at, bool isType, List<Member> members)
    {
        int start = at, depth = 0;
        bool isExpression = false;
        while (at < text.Length)
        {
            char c = text[at];
            if (c is '(' or '[') depth++;
            else if (c is ')' or ']') depth--;
            else if (depth == 0 && c == '=' && !text[start..at].Contains("operator", StringComparison.Ordinal)) isExpression = true;
            else if (c == '{' && depth == 0 && !isExpression && TypeOrNamespace().IsMatch(text[start..at]))
            {
                bool isEnum = Enumeration().IsMatch(text[start..at]);
                at = isEnum ? EndOfBlock(text, at) : ReadScope(text, at + 1, isType: !text[start..at].Contains("namespace ", StringComparison.Ordinal), members);
                (start, isExpression) = (at + 1, false);
            }
            else if (c == '{')
            {
                at = EndOfBlock(text, at);
                if (depth == 0 && !isExpression && !ContinuesAfter(text, at))
                {
                    Add(text, start, at, isType, members);
                    start = at + 1;
                }
            }
            else if (c == ';' && depth == 0)
            {
                Add(text, start, at, isType, members);
                (start, isExpression) = (at + 1, false);
            }
            else if (c == '}')
            {
                return at;
            }

            at++;
        }

        return at;
    }

    /// <summary>A property with an initial value goes on behind its braces.</summary>
    static bool ContinuesAfter(string text, int brace) => text[(brace + 1)..].TrimStart() is ['=', not '=', ..];

    static int EndOfBlock(string text, int open)
    {
        int depth = 0;
        for (int at = open; at < text.Length; at++)
        {
            if (text[at] == '{') depth++;
            else if (text[at] == '}' && --depth == 0) return at;
        }

        throw new FormatException("a brace is never closed: the reader of sources has lost its way");
    }

    static void Add(string text, int start, int end, bool isType, List<Member> members)
    {
        while (start < end && char.IsWhiteSpace(text[start])) start++;
        if (!isType || start >= end) return;
        int line = text.AsSpan(0, start).Count('\n') + 1, lines = text.AsSpan(start, end - start).Count('\n') + 1;
        string header = text[start..Math.Min(end, start + 80)];
        members.Add(new Member(line, lines, header.ReplaceLineEndings(" ").Trim()));
    }

    [GeneratedRegex(@"\b(namespace|class|struct|record|interface|enum)\s+\w")]
    private static partial Regex TypeOrNamespace();

    [GeneratedRegex(@"\benum\s+\w")]
    private static partial Regex Enumeration();
}
