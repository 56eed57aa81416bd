using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OpenStack.Tests.Lab;

/// <summary>Between the driver and a service: hands on every byte, and keeps what was said, so that a test knows secrets that nobody planted.</summary>
public sealed class Wiretap : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly StringBuilder _said = new();
    readonly Uri _target;
    readonly Task _accepting;

    public Wiretap(string target)
    {
        _target = new Uri(target);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The target's address, with us in between.</summary>
    public string Url => new UriBuilder(_target) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri.ToString().TrimEnd('/');

    /// <summary>What the first group catches in all that was said, both ways; each once.</summary>
    public string[] Heard(string pattern)
    {
        lock (_said) return [.. Regex.Matches(_said.ToString(), pattern).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true) connections.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    async Task ForwardAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
                await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The service is not there: the driver is hung up on, as it would be by the service.
                return;
            }
        }
    }

    async Task CopyAsync(TcpClient from, TcpClient to)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var read)
            {
                lock (_said) _said.Append(Encoding.UTF8.GetString(buffer, 0, read));
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return;
        }
    }
}
