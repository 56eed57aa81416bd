using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Examples;
using VmShepherd.Abstractions;

[assembly: Driver(DriverGroup.Presets, "HttpPresets", typeof(HttpPresets))]

namespace Examples;

public sealed class HttpPresetsOptions
{
    [Option("url", "Of the document: an object of preset names to presets.", Required = true, Endpoint = true)]
    public string Url { get; set; } = "";

    [Option("token", "Bearer token that is sent.", Secret = true, Environment = "HTTP_PRESETS_TOKEN")]
    public string? Token { get; set; }

    [Option("timeout", "Seconds until the server is out of reach.", Min = 0.1, Max = 60)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>All presets in one JSON document. While it can't be had, those that were read last stay, and the snapshot says why.</summary>
public sealed class HttpPresets : IPresetDriver, IDisposable
{
    const int MaxBytes = 16 * 1024 * 1024;

    readonly HttpPresetsOptions _options;
    readonly HttpClient _http;
    volatile PresetSnapshot _last = new("", []);

    public HttpPresets(HttpPresetsOptions options, DriverContext context)
    {
        _options = options;
        // The clock is VmShepherd's, so the client's own time-out is off.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = System.Threading.Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxBytes };
        if (options.Token is { } token) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Time = context.Time;
    }

    TimeProvider Time { get; }

    public void Dispose() => _http.Dispose();

    public async Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        PresetSnapshot last = _last;
        using var patience = new CancellationTokenSource(_options.Timeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            byte[] document = await _http.GetByteArrayAsync(_options.Url, either.Token);
            string revision = Hash(document);
            if (revision == last.Revision) return last;
            return _last = new PresetSnapshot(revision, [.. Sources(document)]);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return InTrouble(last, $"no answer within {_options.Timeout.TotalSeconds} s");
        }
        catch (Exception failed) when (failed is HttpRequestException or JsonException or InvalidOperationException or UriFormatException)
        {
            return InTrouble(last, failed.Message);
        }
    }

    /// <summary>The same sources, and a problem: what is absent meanwhile has not vanished.</summary>
    PresetSnapshot InTrouble(PresetSnapshot last, string reason) => last with { Revision = $"{last.Revision}!{reason}", Problems = [$"{_options.Url}: {reason}"] };

    IEnumerable<PresetSource> Sources(byte[] document)
    {
        using JsonDocument all = JsonDocument.Parse(document);
        List<PresetSource> sources = [];
        foreach (JsonProperty preset in all.RootElement.EnumerateObject())
        {
            string origin = $"{_options.Url}#{preset.Name}", revision = Hash(JsonSerializer.SerializeToUtf8Bytes(preset.Value));
            sources.Add(Plain(preset.Value) is IReadOnlyDictionary<string, object?> value
                ? new PresetSource(origin, revision, new PresetContent.Document(value))
                : new PresetSource(origin, revision, null) { Problem = $"expected an object, this is {preset.Value.ValueKind}" });
        }
        return sources;
    }

    static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(member => member.Name, member => Plain(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToArray(),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out long whole) ? (object)whole : value.GetDouble(),
        _ => null,
    };

    static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
