namespace VmShepherd.Shape.Tests;

/// <summary>C# with its comments, texts and characters blanked out, so that every brace left is one of the code's. Lines stay where they are.</summary>
static class SourceText
{
    public static string Blank(string code)
    {
        char[] blank = code.ToCharArray();
        for (int i = 0; i < code.Length;)
        {
            int end = EndOfToken(code, i);
            if (end == i)
            {
                i++;
                continue;
            }

            for (; i < end; i++)
            {
                if (code[i] is not ('\n' or '\r')) blank[i] = ' ';
            }
        }

        return new string(blank);
    }

    /// <summary>Where the comment, text or character that begins here ends; here itself when none does.</summary>
    static int EndOfToken(string code, int i) => code[i] switch
    {
        '/' when Next(code, i) == '/' => IndexOrEnd(code, "\n", i),
        '/' when Next(code, i) == '*' => IndexOrEnd(code, "*/", i + 2) + 2,
        '\'' => EndOfCharacter(code, i),
        '"' => EndOfText(code, i),
        _ => i,
    };

    static char Next(string code, int i) => i + 1 < code.Length ? code[i + 1] : '\0';

    static int IndexOrEnd(string code, string what, int from) => code.IndexOf(what, from, StringComparison.Ordinal) is >= 0 and int index ? index : code.Length - what.Length;

    static int EndOfCharacter(string code, int i) => Next(code, i) == '\\' ? code.IndexOf('\'', i + 3) + 1 : i + 3;

    static int EndOfText(string code, int i)
    {
        bool isInterpolated = false, isVerbatim = false;
        for (int before = i - 1; before >= 0 && code[before] is '$' or '@'; before--)
        {
            isInterpolated |= code[before] == '$';
            isVerbatim |= code[before] == '@';
        }

        int quotes = 1;
        while (i + quotes < code.Length && code[i + quotes] == '"') quotes++;
        if (quotes >= 3 && !isVerbatim) return IndexOrEnd(code, new string('"', quotes), i + quotes) + quotes;
        for (int at = i + 1; at < code.Length; at++)
        {
            switch (code[at])
            {
                case '"' when isVerbatim && Next(code, at) == '"':
                case '\\' when !isVerbatim:
                case '{' when isInterpolated && Next(code, at) == '{':
                    at++;
                    break;
                case '{' when isInterpolated:
                    at = EndOfHole(code, at);
                    break;
                case '"':
                    return at + 1;
            }
        }

        return code.Length;
    }

    /// <summary>The brace that closes the hole of an interpolated text.</summary>
    static int EndOfHole(string code, int open)
    {
        int depth = 0;
        for (int at = open; at < code.Length; at++)
        {
            if (code[at] == '{') depth++;
            else if (code[at] == '}' && --depth == 0) return at;
            else if (code[at] == '"') at = EndOfText(code, at) - 1;
        }

        return code.Length;
    }
}
