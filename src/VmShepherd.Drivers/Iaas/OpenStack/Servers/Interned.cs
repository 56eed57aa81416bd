using System.Text;
using System.Text.Json;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>One instance of each text that many servers of a list share.</summary>
sealed class Interned
{
    const int Longest = 128, Most = 10_000;

    readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public Interned() => _lookup = _texts.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The text that the reader stands at.</summary>
    public string Text(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null) return "";
        if (json.ValueIsEscaped || json.ValueSpan.Length > Longest) return json.GetString() ?? "";
        Span<char> text = stackalloc char[Longest];
        text = text[..Encoding.UTF8.GetChars(json.ValueSpan, text)];
        if (_lookup.TryGetValue(text, out string? known)) return known;
        string made = new(text);
        if (_texts.Count < Most) _texts.Add(made);
        return made;
    }
}
