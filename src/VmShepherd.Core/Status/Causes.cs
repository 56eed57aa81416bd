namespace VmShepherd.Core.Status;

/// <summary>What was thrown, for people.</summary>
static class Causes
{
    /// <summary>Its kind, what it says, and what its cause says: a client of a server mostly says only that it failed.</summary>
    public static string Of(Exception thrown)
    {
        string text = $"{thrown.GetType().Name}: {thrown.Message}";
        return thrown.InnerException is { } cause && !thrown.Message.Contains(cause.Message, StringComparison.Ordinal) ? $"{text}: {cause.Message}" : text;
    }
}
