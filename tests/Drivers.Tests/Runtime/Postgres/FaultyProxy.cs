using System.Net;
using System.Net.Sockets;

namespace Drivers.Tests.Runtime.Postgres;

/// <summary>Between driver and server. Told so, it lets the next question through, waits for the answer, and cuts the connection instead of handing it over.</summary>
sealed class LossyProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;
    readonly int _target;
    int _toLose, _lost;

    public LossyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Lost => Volatile.Read(ref _lost);

    public void LoseNextAnswer() => Interlocked.Exchange(ref _toLose, 1);

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
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                bool isDoomed = false;
                Task asking = CopyAsync(client, server, () => { isDoomed |= Interlocked.Exchange(ref _toLose, 0) == 1; return true; });
                Task answering = CopyAsync(server, client, () =>
                {
                    if (!isDoomed) return true;
                    Interlocked.Increment(ref _lost);
                    return false;
                });
                await Task.WhenAny(asking, answering);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // Cut, as it is meant to be.
                return;
            }
        }
    }

    async Task CopyAsync(TcpClient from, TcpClient to, Func<bool> goesOn)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and var read && goesOn()) await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return;
        }
    }
}
