namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>Links from one page of a list to the next.</summary>
static class PageLink
{
    /// <summary>The marker in a link's query; <see langword="null"/> when there is none.</summary>
    public static string? MarkerOf(string? href) => href is null ? null : href[(href.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&')
        .Where(part => part.StartsWith("marker=", StringComparison.Ordinal))
        .Select(part => Uri.UnescapeDataString(part["marker=".Length..]))
        .FirstOrDefault(marker => marker.Length > 0);
}
