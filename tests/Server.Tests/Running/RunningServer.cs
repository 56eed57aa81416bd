using System.Text;
using System.Text.Json;

namespace VmShepherd.Server.Tests.Running;

/// <summary>A server that runs, and a client of it.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public VmShepherdProcess Process { get; }

    public HttpClient Http { get; }

    RunningServer(VmShepherdProcess process, Uri url)
    {
        Process = process;
        Http = new HttpClient { BaseAddress = url };
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Answers when it listens and has read its presets.</summary>
    public static Task<RunningServer> StartAsync(Installation installation, params (string Name, string Value)[] environment) =>
        StartProgramAsync(VmShepherdProcess.Built, installation, environment);

    /// <summary>One that was put elsewhere.</summary>
    public static async Task<RunningServer> StartProgramAsync(string program, Installation installation, params (string Name, string Value)[] environment)
    {
        (VmShepherdProcess process, Uri url) = await VmShepherdProcess.ServeProgramAsync(program, installation, environment);
        var server = new RunningServer(process, url);
        await server.WaitUntilReadyAsync();
        return server;
    }

    async Task WaitUntilReadyAsync()
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            using HttpResponseMessage response = await Http.GetAsync(new Uri("/readyz?verbose", UriKind.Relative), Ct);
            if (response.IsSuccessStatusCode) return;
            if (System.Diagnostics.Stopwatch.GetElapsedTime(started) > Patience) throw new InvalidOperationException($"not ready: {await response.Content.ReadAsStringAsync(Ct)}\n{Process.Errors}");
            await Task.Delay(20, Ct);
        }
    }

    public static HttpContent Json(string body) => new StringContent(body, Encoding.UTF8, "application/json");

    /// <summary>One call; the whole answer.</summary>
    public async Task<JsonElement> CallAsync(string method, params string[] parameters)
    {
        string body = JsonSerializer.Serialize(new { jsonrpc = "2.0", id = 7, method, @params = parameters });
        using HttpResponseMessage response = await Http.PostAsync("/api", Json(body), Ct);
        Assert.Equal(200, (int)response.StatusCode);
        JsonElement answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal(7, answer.GetProperty("id").GetInt32());
        return answer;
    }

    public async Task<JsonElement> ResultAsync(string method, params string[] parameters)
    {
        JsonElement answer = await CallAsync(method, parameters);
        return answer.TryGetProperty("result", out JsonElement result) ? result : throw new InvalidOperationException(answer.GetRawText());
    }

    public async Task<string> ErrorAsync(string method, params string[] parameters)
    {
        JsonElement error = (await CallAsync(method, parameters)).GetProperty("error");
        Assert.Equal(-32000, error.GetProperty("code").GetInt32());
        return error.GetProperty("message").GetString()!;
    }

    /// <summary>The ids of the preset's machines, once there are so many and all run.</summary>
    public async Task<string[]> MachinesAsync(string preset, int count)
    {
        JsonElement list = default;
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience)
        {
            JsonElement answer = await CallAsync("list_vms", preset);
            if (answer.TryGetProperty("result", out list))
            {
                JsonProperty[] machines = [.. list[1].EnumerateObject()];
                if (machines.Length == count && machines.All(machine => machine.Value.GetProperty("state").GetString() == "running"))
                    return [.. machines.Select(machine => machine.Name)];
            }

            await Task.Delay(50, Ct);
        }

        throw new InvalidOperationException($"{preset} has not {count} running machines: {list}\n{Process.Errors}");
    }

    /// <summary>Waits until a series of the metrics has this value.</summary>
    public async Task MetricAsync(string series, double value)
    {
        string text = "";
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience)
        {
            text = await Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Ct);
            if (text.Split('\n').Any(line => line.StartsWith($"{series} {value} ", StringComparison.Ordinal) || line == $"{series} {value}")) return;
            await Task.Delay(50, Ct);
        }

        throw new InvalidOperationException($"{series} is not {value}:\n{text}");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
    }
}
