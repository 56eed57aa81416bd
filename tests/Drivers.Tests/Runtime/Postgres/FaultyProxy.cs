using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Drivers.Tests.Runtime.Postgres;

/// <summary>What becomes of what passes between a client and its server.</summary>
public enum Weather
{
    Fine,

    /// <summary>Connections end, and none comes about.</summary>
    Cut,

    /// <summary>Everything takes longer, both ways.</summary>
    Slow,

    /// <summary>Questions arrive at once, answers take longer: a commit is in force before anybody is told.</summary>
    LateAnswers,

    /// <summary>Connections stand, and nothing passes: neither side is told. One on which something was lost never works again, and the server goes on waiting for its client.</summary>
    HalfOpen,
}

/// <summary>The way to a server, which can be made a bad one.</summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    sealed class Link(TcpClient client, TcpClient server) : IDisposable
    {
        public TcpClient Client { get; } = client;
        public TcpClient Server { get; } = server;
        public bool IsDoomed { get; set; }
        public bool IsHalfOpen { get; set; }

        public void Dispose()
        {
            Client.Dispose();
            if (!IsHalfOpen) Server.Dispose();
        }
    }

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<Link, bool> _links = [];
    readonly Task _accepting;
    volatile int _target;
    volatile Weather _weather;
    TimeSpan _delay;
    string? _toLose;
    int _lost, _struck;

    public FaultyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers that were lost because <see cref="LoseNextAnswer"/> asked for it.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>How often the weather has done something to a connection, since it last changed.</summary>
    public int Struck => Volatile.Read(ref _struck);

    public Weather Weather => _weather;

    /// <summary>Leads to another server from now on; connections to the old one end.</summary>
    public void LeadTo(int port)
    {
        _target = port;
        foreach (Link link in _links.Keys) link.Dispose();
    }

    /// <summary>Lets the next question with this text in it through, waits for the answer, and cuts the connection instead of handing it over.</summary>
    public void LoseNextAnswer(string to) => Volatile.Write(ref _toLose, to);

    /// <param name="weather">From now on.</param>
    /// <param name="delay">How much longer it takes, where it does.</param>
    public void Change(Weather weather, TimeSpan delay = default)
    {
        Volatile.Write(ref _struck, 0);
        _delay = delay;
        _weather = weather;
        if (weather != Weather.Cut) return;
        foreach (Link link in _links.Keys)
        {
            Interlocked.Increment(ref _struck);
            link.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (Link link in _links.Keys) link.Server.Dispose();
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
                connections.RemoveAll(connection => connection.IsCompleted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    async Task ForwardAsync(TcpClient client)
    {
        if (_weather == Weather.Cut)
        {
            Interlocked.Increment(ref _struck);
            client.Dispose();
            return;
        }

        var link = new Link(client, new TcpClient());
        _links[link] = true;
        try
        {
            await link.Server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
            await Task.WhenAny(CopyAsync(link, isAnswer: false), CopyAsync(link, isAnswer: true));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The server is away: so the client is told.
            return;
        }
        finally
        {
            link.Dispose();
            if (!link.IsHalfOpen) _links.TryRemove(link, out _);
        }
    }

    async Task CopyAsync(Link link, bool isAnswer)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            NetworkStream from = (isAnswer ? link.Server : link.Client).GetStream(), to = (isAnswer ? link.Client : link.Server).GetStream();
            while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var read && GoesOn(link, isAnswer, buffer.AsMemory(0, read)))
            {
                Weather weather = _weather;
                if (weather == Weather.Slow || (weather == Weather.LateAnswers && isAnswer))
                {
                    Interlocked.Increment(ref _struck);
                    await Task.Delay(_delay, _stop.Token);
                }

                if (weather == Weather.HalfOpen || link.IsHalfOpen)
                {
                    link.IsHalfOpen = true;
                    Interlocked.Increment(ref _struck);
                    continue;
                }

                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }

            // The end of a connection is not told either.
            if (link.IsHalfOpen && isAnswer) await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
        }
        catch (Exception e) when (IsEnd(e))
        {
            return;
        }
    }

    bool GoesOn(Link link, bool isAnswer, ReadOnlyMemory<byte> piece)
    {
        if (!isAnswer)
        {
            if (Volatile.Read(ref _toLose) is { } text && piece.Span.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0) link.IsDoomed |= Interlocked.Exchange(ref _toLose, null) is not null;
            return true;
        }

        if (!link.IsDoomed) return true;
        Interlocked.Increment(ref _lost);
        return false;
    }

    static bool IsEnd(Exception e) => e is IOException or OperationCanceledException or ObjectDisposedException or SocketException or InvalidOperationException;
}
