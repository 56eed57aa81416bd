using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OpenStack.Tests.Lab;

/// <summary>
/// What runs inside the servers: all their addresses are of 127.20.0.0/16, so one listener on the loopback device plays every guest. It answers 200, but for
/// those that hang.
/// </summary>
public sealed class Guests : IAsyncDisposable
{
    /// <summary>SOL_SOCKET and SO_BINDTODEVICE, as Linux counts them.</summary>
    const int SocketLevel = 1, BindToDevice = 25;

    static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray();

    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, bool> _hung = new(StringComparer.Ordinal);
    readonly ConcurrentBag<Task> _calls = [];
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;

    public Guests()
    {
        // Every address, but of this one device: nobody outside gets in.
        _listener.SetRawSocketOption(SocketLevel, BindToDevice, "lo\0"u8);
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>How often this one was asked.</summary>
    public int Asked(string address) => _asked.GetValueOrDefault(address);

    public void Hang(string address) => _hung[address] = true;

    public void Heal(string address) => _hung.TryRemove(address, out _);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        await Task.WhenAll(_calls);
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true) _calls.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    async Task ServeAsync(Socket caller)
    {
        using (caller)
        {
            try
            {
                string address = ((IPEndPoint)caller.LocalEndPoint!).Address.ToString();
                _asked.AddOrUpdate(address, 1, (_, times) => times + 1);
                if (_hung.ContainsKey(address)) await Task.Delay(Timeout.Infinite, _stop.Token);
                byte[] request = new byte[4096];
                int read = 0;
                while (!Encoding.ASCII.GetString(request, 0, read).Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    int more = await caller.ReceiveAsync(request.AsMemory(read), _stop.Token);
                    if (more == 0) return;
                    read += more;
                }

                await caller.SendAsync(Answer, _stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The caller hung up, or the test is over.
                return;
            }
        }
    }
}
