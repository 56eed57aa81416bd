namespace VmShepherd.Core.Configuration;

/// <summary>"Did you mean": the known word that is nearly this one.</summary>
static class Spelling
{
    internal static string? Nearest(string word, IEnumerable<string> known)
    {
        string? nearest = null;
        int best = Math.Min(word.Length <= 4 ? 1 : 2, word.Length - 1);
        foreach (string candidate in known)
        {
            if (Math.Abs(candidate.Length - word.Length) > best) continue;
            int distance = Distance(word, candidate);
            if (distance > best || (nearest is not null && distance == best)) continue;
            (nearest, best) = (candidate, distance);
        }
        return nearest;
    }

    internal static string DidYouMean(string word, IEnumerable<string> known) => Nearest(word, known) is { } nearest ? $", did you mean '{nearest}'?" : "";

    /// <summary>Edits from one to the other; two neighbours swapped are one edit, as fingers do it.</summary>
    static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int change = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
