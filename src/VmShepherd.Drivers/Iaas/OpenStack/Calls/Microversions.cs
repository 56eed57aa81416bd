using System.Globalization;
using System.Net;
using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>
/// Which microversion of nova to look with: 2.69, which tells servers of a cell that is down, or the newest below it that the cloud has. 2.1 is always there,
/// and what changes something is said in its words.
/// </summary>
sealed class Microversions(CloudApi api)
{
    internal const int Wanted = 69;

    volatile string? _known;

    /// <summary>As <c>2.69</c>; <see langword="null"/> = the cloud has none, or only the floor.</summary>
    public async ValueTask<string?> ForLooksAsync(CancellationToken cancellationToken)
    {
        string known = _known ?? await AskAsync(cancellationToken).ConfigureAwait(false);
        return known.Length == 0 ? null : known;
    }

    /// <summary>Whether lists at this microversion tell servers of a cell that is down.</summary>
    public static bool TellsDownCells(string? version) => version == Text(Wanted);

    /// <summary>The cloud does not know it any more: it was taken back to an older release.</summary>
    public void Forget() => _known = null;

    async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        var call = new ApiCall(Service.Compute, HttpMethod.Get, "/", "look for microversions") { IsDiscovery = true };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer.Status is >= HttpStatusCode.InternalServerError or HttpStatusCode.Unauthorized or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests) throw api.Failure(call, answer);

        // A refusal counts for this look alone: it may be a proxy's, for a minute.
        if (!answer.IsGood) return "";
        return _known = Newest(answer.Body) is { } newest and > 1 ? Text(Math.Min(newest, Wanted)) : "";
    }

    static string Text(int minor) => string.Create(CultureInfo.InvariantCulture, $"2.{minor}");

    /// <summary>From nova's own words on its version, or from a list of versions.</summary>
    internal static int? Newest(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            if (root.TryGetProperty("version", out JsonElement one)) return Minor(one);
            return root.TryGetProperty("versions", out JsonElement all) && all.ValueKind == JsonValueKind.Array ? all.EnumerateArray().Max(Minor) : null;
        }
        catch (JsonException)
        {
            // Whatever answers there, it promises nothing beyond the floor.
            return null;
        }
    }

    static int? Minor(JsonElement version) =>
        version.ValueKind == JsonValueKind.Object && version.TryGetProperty("version", out JsonElement text) && text.ValueKind == JsonValueKind.String
            && text.GetString()!.Split('.') is ["2", var minor] && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
