using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>
/// One machine's own HTTP server. Its address is taken at once, so that a busy port is known before the machine exists; until it boots, a
/// connection is refused, as a booting machine refuses it.
/// </summary>
sealed class Guest : IDisposable
{
    const int MaxConnections = 100;
    const int MaxHead = 8192;
    const int MaxRest = 65_536;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);
    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);
    static readonly byte[] Head = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
    static readonly byte[] HeadAndBody = [.. Head, .. "OK\n"u8];

    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly CancellationTokenSource _stop = new();
    readonly TimeProvider _time;
    readonly ITimer? _boot;
    int _connections;

    /// <param name="time">Boots it, and ends connections that last too long.</param>
    /// <param name="at">Its address and port.</param>
    /// <param name="bootsIn">How long it refuses connections; zero or less = not at all.</param>
    /// <param name="broken">Called when it cannot listen after all.</param>
    public Guest(TimeProvider time, IPEndPoint at, TimeSpan bootsIn, Action<SocketException> broken)
    {
        _time = time;
        try
        {
            _listener.Bind(at);
            if (bootsIn <= TimeSpan.Zero) Listen();
        }
        catch
        {
            Dispose();
            throw;
        }

        if (bootsIn > TimeSpan.Zero) _boot = time.CreateTimer(_ => Boot(broken), null, bootsIn, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether it accepts connections and then says nothing.</summary>
    public bool Silent { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    public void Dispose()
    {
        _boot?.Dispose();
        _listener.Dispose();
        _stop.Cancel(); // not disposed: connections on their way out still look at it
    }

    void Boot(Action<SocketException> broken)
    {
        try
        {
            Listen();
        }
        catch (ObjectDisposedException)
        {
            // The machine was ended in the moment of its boot.
        }
        catch (SocketException reason)
        {
            broken(reason);
        }
    }

    void Listen()
    {
        _listener.Listen(MaxConnections);
        _ = AcceptAsync();
    }

    async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                if (Interlocked.Increment(ref _connections) > MaxConnections) Close(client);
                else _ = ServeAsync(client);
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // Out of descriptors, or the client is gone again: the next one may have more luck.
                await Task.Delay(AcceptPause, _time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception end) when (IsEnd(end))
            {
                return;
            }
        }
    }

    async Task ServeAsync(Socket client)
    {
        using var deadline = new CancellationTokenSource(Silent ? Silence : Patience, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, deadline.Token);
        try
        {
            if (!Silent && await ReadHeadAsync(client, stop.Token).ConfigureAwait(false) is { } isHead && !Silent)
            {
                await client.SendAsync(isHead ? Head : HeadAndBody, stop.Token).ConfigureAwait(false);
                client.Shutdown(SocketShutdown.Send);
            }

            // Until the client closes. Closing first, with something unread, would reset the connection and might take the answer along.
            await DrainAsync(client, stop.Token).ConfigureAwait(false);
        }
        catch (Exception end) when (IsEnd(end))
        {
            // A client that went away, or stayed too long, or the end of the machine: each ends just this connection.
        }
        finally
        {
            Close(client);
        }
    }

    /// <summary>Whether the request is a HEAD; <see langword="null"/> = there was no whole request.</summary>
    static async Task<bool?> ReadHeadAsync(Socket client, CancellationToken stop)
    {
        byte[] head = new byte[MaxHead];
        int length = 0;
        while (length < head.Length)
        {
            int read = await client.ReceiveAsync(head.AsMemory(length), stop).ConfigureAwait(false);
            if (read == 0) return null;
            length += read;
            if (head.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0) return head.AsSpan().StartsWith("HEAD "u8);
        }

        return null;
    }

    static async Task DrainAsync(Socket client, CancellationToken stop)
    {
        byte[] rest = new byte[1024];
        for (int total = 0; total < MaxRest;)
        {
            int read = await client.ReceiveAsync(rest, stop).ConfigureAwait(false);
            if (read == 0) return;
            total += read;
        }
    }

    void Close(Socket client)
    {
        Interlocked.Decrement(ref _connections);
        client.Dispose();
    }

    static bool IsEnd(Exception e) => e is SocketException or OperationCanceledException or ObjectDisposedException;
}
