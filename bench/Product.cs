using Drivers.Tests;

namespace Bench;

/// <summary>The program itself, as it was built beside us, run as an operator would.</summary>
sealed class Product : IDisposable
{
    /// <summary>As it was built for us.</summary>
    public static readonly string Built = Path.Combine(AppContext.BaseDirectory, "vmshepherd");

    /// <summary>As `make publish` leaves it, if it was called.</summary>
    public static readonly string Published = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../publish/vmshepherd"));

    readonly HttpClient _http;

    Product(Child process, int port)
    {
        Process = process;
        Port = port;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public Child Process { get; }

    public int Port { get; }

    public static Product Start(Workspace workspace, string? program = null)
    {
        int port = Ports.Free();
        return new Product(Child.Start(program ?? Built, ["run", "-c", workspace.SettingsFile, "-p", $"{port}"], errors: true), port);
    }

    /// <summary>Reads its log until a line says this. It is then left unread no more: a full pipe would stop the program.</summary>
    /// <returns>The line.</returns>
    public async Task<string> SaidAsync(string text)
    {
        List<string> said = [];
        while (await Process.Errors.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (!line.Contains(text, StringComparison.Ordinal)) continue;
            _ = Process.Errors.BaseStream.CopyToAsync(Stream.Null);
            return line;
        }

        throw new InvalidOperationException($"ended without saying '{text}':\n{string.Join('\n', said.TakeLast(20))}");
    }

    public async Task<string> GetAsync(string path)
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : "";
    }

    /// <summary>One value of /metrics: the first series of that name that has the label; 0 when there is none.</summary>
    public async Task<double> MetricAsync(string name, string label = "")
    {
        string? line = (await GetAsync("/metrics")).Split('\n')
            .FirstOrDefault(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    public static async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan patience)
    {
        for (var end = DateTime.UtcNow + patience; ; await Task.Delay(500))
        {
            if (await isSo()) return;
            if (DateTime.UtcNow > end) throw new InvalidOperationException($"not within {patience.TotalSeconds} s");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        Process.Dispose();
    }
}
