using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace VmShepherd.Testing;

/// <summary>A machine to check: listens at a free port of 127.0.0.1, and treats each caller as it was told.</summary>
public sealed class LoopbackGuest : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentBag<Task> _calls = [];
    readonly Task _accepting;
    int _connections;

    /// <summary>Starts to listen.</summary>
    /// <param name="serve">What is done with each caller, until it ends or the guest is disposed. The connection is closed behind it.</param>
    public LoopbackGuest(Func<Socket, CancellationToken, Task> serve)
    {
        ArgumentNullException.ThrowIfNull(serve);
        _listener.Start(backlog: 4096);
        _accepting = AcceptAsync(serve);
    }

    /// <summary>Takes the connection and says nothing, for ever.</summary>
    public static LoopbackGuest Silent() => new((_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));

    /// <summary>The port it listens at.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many have called.</summary>
    public int Connections => Volatile.Read(ref _connections);

    async Task AcceptAsync(Func<Socket, CancellationToken, Task> serve)
    {
        try
        {
            while (true)
            {
                Socket caller = await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _connections);
                _calls.Add(ServeAsync(serve, caller));
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed: the end of its life.
        }
    }

    async Task ServeAsync(Func<Socket, CancellationToken, Task> serve, Socket caller)
    {
        using (caller)
        {
            try
            {
                await serve(caller, _stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The caller hung up, as it may at any time.
            }
        }
    }

    /// <summary>Hangs up on everybody and stops listening. What went wrong while serving is thrown here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _listener.Dispose();
        await Task.WhenAll(_calls).ConfigureAwait(false);
        _stop.Dispose();
    }
}
