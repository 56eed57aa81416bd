using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace VmShepherd.Server.Cli;

/// <summary>Asks a running vmshepherd through its API.</summary>
sealed class ApiClient : IDisposable
{
    readonly HttpClient _http;

    public ApiClient(Uri server, string? tokenFile)
    {
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(2) };
        if (tokenFile is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(tokenFile).Trim());
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The result of one call.</summary>
    /// <exception cref="CommandException">The server is out of reach, or refuses; the message says why.</exception>
    public async Task<JsonElement> CallAsync(string method, string[] parameters, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(method, parameters, cancellationToken);
        }
        catch (Exception failed) when (failed is HttpRequestException or JsonException or InvalidOperationException)
        {
            throw new CommandException($"{_http.BaseAddress}: {failed.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandException($"{_http.BaseAddress}: no answer within {_http.Timeout.TotalSeconds} s");
        }
    }

    async Task<JsonElement> SendAsync(string method, string[] parameters, CancellationToken cancellationToken)
    {
        object call = method == "plan"
            ? new { jsonrpc = "2.0", id = 1, method, @params = new { presets = parameters } }
            : new { jsonrpc = "2.0", id = 1, method, @params = parameters };
        using HttpResponseMessage response = await _http.PostAsJsonAsync("api", call, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            string text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
            throw new CommandException($"{_http.BaseAddress}: {(int)response.StatusCode} {response.ReasonPhrase}: {(text.Length > 500 ? text[..500] : text)}");
        }

        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return answer.TryGetProperty("error", out JsonElement error)
            ? throw new CommandException(error.GetProperty("message").ToString())
            : answer.GetProperty("result");
    }
}
