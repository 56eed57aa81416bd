using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Examples;
using VmShepherd.Abstractions;
using VmShepherd.Testing;

/// <summary>Against a server that answers what the test puts there.</summary>
public sealed class HttpPresetsConformance : PresetDriverConformance
{
    readonly HttpListener _server = new();
    readonly Dictionary<string, Dictionary<string, string>> _presets = [];
    readonly int _port = FreePort();

    protected override Task<IPresetDriver> CreateDriverAsync()
    {
        _server.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _server.Start();
        _ = ServeAsync();
        return Task.FromResult(Create(_port));
    }

    protected override Task<IPresetDriver> CreateUnreachableDriverAsync() => Task.FromResult(Create(FreePort()));

    protected override Task PutAsync(string name, string yaml)
    {
        lock (_presets) _presets[name] = yaml.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ")).ToDictionary(pair => pair[0], pair => pair[1]);
        return Task.CompletedTask;
    }

    protected override Task RemoveAsync(string name)
    {
        lock (_presets) _presets.Remove(name);
        return Task.CompletedTask;
    }

    protected override Task BreakAsync()
    {
        _server.Stop();
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _server.Close();
    }

    static IPresetDriver Create(int port) => new HttpPresets(new HttpPresetsOptions { Url = $"http://127.0.0.1:{port}/" }, new DriverContext(TimeProvider.System, new Random(1), "/"));

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext call = await _server.GetContextAsync();
                byte[] document;
                lock (_presets) document = JsonSerializer.SerializeToUtf8Bytes(_presets);
                await call.Response.OutputStream.WriteAsync(document);
                call.Response.Close();
            }
        }
        catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The place is out of reach now.
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
