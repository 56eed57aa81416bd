using System.Text;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>Bytes to text, as PyYAML's reader does it: UTF-8, or UTF-16 with a byte-order mark; no control characters.</summary>
static class YamlEncoding
{
    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    static readonly UnicodeEncoding Utf16Little = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    static readonly UnicodeEncoding Utf16Big = new(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true);

    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        string text = bytes switch
        {
            [0xFF, 0xFE, .. var rest] => Decode(rest, Utf16Little, "UTF-16"),
            [0xFE, 0xFF, .. var rest] => Decode(rest, Utf16Big, "UTF-16"),
            [0xEF, 0xBB, 0xBF, .. var rest] => Decode(rest, Utf8, "UTF-8"),
            _ => Decode(bytes, Utf8, "UTF-8"),
        };
        RefuseControlCharacters(text);
        return text;
    }

    static string Decode(ReadOnlySpan<byte> bytes, Encoding encoding, string name)
    {
        try
        {
            return encoding.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            // The good part in front tells the line; the bad bytes themselves may be part of a secret.
            int good = Math.Clamp(e.Index, 0, bytes.Length);
            string before = ((Encoding)encoding.Clone()).WithReplacement().GetString(bytes[..good]);
            (int line, int column) = Locate(before, before.Length);
            throw new YamlFailure(line, column, $"not valid {name}: save the file as UTF-8", e);
        }
    }

    static Encoding WithReplacement(this Encoding encoding)
    {
        encoding.DecoderFallback = DecoderFallback.ReplacementFallback;
        return encoding;
    }

    static void RefuseControlCharacters(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool allowed = c is '\t' or '\n' or '\r' or (>= ' ' and <= '~') or '\u0085' or (>= '\u00A0' and <= '\uFFFD');
            if (allowed) continue;
            (int line, int column) = Locate(text, i);
            throw new YamlFailure(line, column, $"the character U+{(int)c:X4} is not allowed in YAML: write it as an escape in a double-quoted string, or remove it");
        }
    }

    static (int Line, int Column) Locate(string text, int index)
    {
        int line = 1, start = 0;
        for (int i = 0; i < index; i++)
        {
            bool ends = text[i] is '\n' or '\u0085' or '\u2028' or '\u2029' || (text[i] == '\r' && !(i + 1 < text.Length && text[i + 1] == '\n'));
            if (!ends) continue;
            line++;
            start = i + 1;
        }
        return (line, index - start + 1);
    }
}
