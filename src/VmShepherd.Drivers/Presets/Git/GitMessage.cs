using System.Text;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>Makes of what git wrote to stderr one line for the operator.</summary>
static class GitMessage
{
    const int MaxLines = 3;
    const int MaxLength = 300;

    /// <param name="said">Some of it may come from the server.</param>
    /// <param name="exitCode">When nothing was said.</param>
    /// <param name="secrets">Taken out: a server may repeat what it was sent.</param>
    internal static string Of(ReadOnlySpan<byte> said, int exitCode, IReadOnlyList<string> secrets)
    {
        string text = Encoding.UTF8.GetString(said);
        foreach (string secret in secrets.OrderByDescending(s => s.Length)) text = text.Replace(secret, "***", StringComparison.OrdinalIgnoreCase);
        string[] lines = [.. text.Split('\n', '\r').Select(l => string.Concat(l.Where(c => !char.IsControl(c))).Trim()).Where(IsOfUse)];
        // What counts is said last, and ssh says why before git says that it did not work.
        string message = string.Join("; ", lines.TakeLast(MaxLines));
        if (message.Length == 0) return $"git ended with {exitCode}";
        return message.Length <= MaxLength ? message : message[..MaxLength] + "...";
    }

    static bool IsOfUse(string line) => line.Length > 0
        && !line.StartsWith("Please make sure", StringComparison.Ordinal) && !line.StartsWith("and the repository exists", StringComparison.Ordinal)
        && !line.StartsWith("warning: filtering not recognized", StringComparison.Ordinal);
}
