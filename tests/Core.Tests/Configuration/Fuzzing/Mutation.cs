using System.Text;

namespace Core.Tests.Configuration.Fuzzing;

/// <summary>One spoilt document, drawn from a seed: the same seed, the same bytes.</summary>
static class Mutation
{
    const int Longest = 4096;

    static readonly byte[][] Scraps =
    [
        .. new[] { " ", "  ", "\n", "\n  ", ": ", ":", "- ", "'", "\"", "{", "}", "[", "]", ",", ", ", "&a ", "*a", "*img", "!", "!!str ", "!!int ", "!!set ", "|", ">", "|2-\n", "#", " #", "%", "@", "`", "~", "0", "9", "_", ".",
            "?", "? ", "<<: ", "<<: *base", "=", "\t", "\r", "\r\n", "é", "---\n", "...\n", "--- ", "%TAG ! a\n", "é: \n", "\\", "\\x", "\\u12", "\\uD83D", "\\U00110000", "null", "yes", "-1", "1e9", "1.0e+400", ".nan", "40 %", "\u2028", "\u0085", "\uFEFF", "😀" }
            .Select(Encoding.UTF8.GetBytes),
        [0x00], [0x07], [0x0D], [0x7F], [0x80], [0xBF], [0xC0, 0x80], [0xC3], [0xC3, 0x28], [0xE2, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], [0xEF, 0xBF, 0xBE], [0xF4, 0x90, 0x80, 0x80], [0xFE, 0xFF], [0xFF, 0xFE], [0xFF],
    ];

    internal static byte[] Of(int seed)
    {
        var random = new Random(seed);
        List<byte> document = [.. Pick(Corpus.Documents, random)];
        for (int changes = 1 + random.Next(4); changes > 0; changes--) Change(document, random);
        byte[] bytes = [.. document.Take(Longest)];
        return random.Next(50) switch
        {
            0 => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(bytes))],
            1 => [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Encoding.UTF8.GetString(bytes))],
            2 => [0xEF, 0xBB, 0xBF, .. bytes],
            _ => bytes,
        };
    }

    static void Change(List<byte> document, Random random)
    {
        int at = random.Next(document.Count + 1);
        int length = Math.Min(1 + random.Next(8), document.Count - at);
        switch (random.Next(9))
        {
            case 0: document.RemoveRange(at, length); break;
            case 1 or 2: document.InsertRange(at, Pick(Scraps, random)); break;
            case 3:
                document.RemoveRange(at, length);
                document.InsertRange(at, Pick(Scraps, random));
                break;
            case 4 when at < document.Count: document[at] ^= (byte)(1 << random.Next(8)); break;
            case 5 when at < document.Count: document[at] = (byte)random.Next(256); break;
            case 6: document.InsertRange(at, document.Skip(random.Next(document.Count + 1)).Take(random.Next(12)).ToArray()); break;
            case 7: document.InsertRange(at, Pick(Corpus.Documents, random).Skip(random.Next(200)).Take(random.Next(60))); break;
            case 8 when random.Next(4) == 0: document.RemoveRange(at, document.Count - at); break;
            default: document.InsertRange(at, Enumerable.Repeat(Pick(Scraps, random), 1 + random.Next(3)).SelectMany(s => s)); break;
        }
    }

    static byte[] Pick(IReadOnlyList<byte[]> of, Random random) => of[random.Next(of.Count)];
}
