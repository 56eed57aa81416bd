using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Healthchecks.Http;

[assembly: Driver(DriverGroup.Healthcheck, "HttpHealthcheck", typeof(HttpHealthcheck))]

namespace VmShepherd.Drivers.Healthchecks.Http;

/// <summary>One HTTP question over a new connection; the status of the answer decides.</summary>
/// <remarks>On a bare socket: an HTTP client costs twice as much, and can be led elsewhere by the machine it asks.</remarks>
public sealed class HttpHealthcheck : IHealthcheckDriver
{
    const int MaxBytes = 8 * 1024;
    const int ReadSize = 1024;

    // Whoever sees the end of a check this late stood still meanwhile: what went wrong may be its own doing.
    static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(100);

    static readonly Verdict NoAddress = new Verdict.Unknown("no address yet");
    static readonly Verdict NoIpAddress = new Verdict.Unknown("its address is not an IP address");
    static readonly Verdict Stalled = new Verdict.Unknown("our own loop stalled");

    // Nothing we have to say or hear can be lost at the end, and thousands of checks must not leave their ports waiting.
    static readonly LingerOption Abort = new(enable: true, seconds: 0);

    readonly TimeProvider _time;
    readonly HttpRequest _request;
    readonly TimeSpan _connectLimit;
    readonly TimeSpan _limit;
    readonly int _port;
    readonly int _expected;

    /// <summary>Throws <see cref="ArgumentException"/> when an option would not make one well-formed request.</summary>
    public HttpHealthcheck(HttpHealthcheckOptions options, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        _time = context.Time;
        _request = new HttpRequest(options);
        _limit = options.ReadTimeout;
        _connectLimit = options.ConnectTimeout < _limit ? options.ConnectTimeout : _limit;
        _port = options.Port;
        _expected = options.CheckStatus;
    }

    /// <inheritdoc/>
    public async ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(vm);
        cancellationToken.ThrowIfCancellationRequested();
        if (vm.Addresses.Count == 0) return NoAddress;
        if (AddressOf(vm.Addresses[0]) is not { } guest) return NoIpAddress;

        Verdict verdict;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(ReadSize, _request.MaxLength));
        (string missing, TimeSpan limit) = ("no connection", _connectLimit);
        long start = _time.GetTimestamp();
        using var timer = new CancellationTokenSource(limit, _time);
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static timer => ((CancellationTokenSource)timer!).Cancel(), timer);
        try
        {
            using var socket = new Socket(guest.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = Abort };
            await socket.ConnectAsync(new IPEndPoint(guest, _port), timer.Token).ConfigureAwait(false);

            // A timer that fired just now cannot be set again: then the connection was too late.
            TimeSpan left = _limit - _time.GetElapsedTime(start);
            timer.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            timer.Token.ThrowIfCancellationRequested();
            (missing, limit) = ("no answer", _limit);

            await SendAsync(socket, buffer.AsMemory(0, _request.Write(buffer, guest)), timer.Token).ConfigureAwait(false);
            verdict = await ReceiveAsync(socket, buffer, timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            verdict = new Verdict.Failed(string.Create(CultureInfo.InvariantCulture, $"{missing} within {limit.TotalSeconds:0.###} s"));
        }
        catch (SocketException failure)
        {
            verdict = Judge(failure.SocketErrorCode);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return verdict is Verdict.Failed && _time.GetElapsedTime(start) - limit > Stall ? Stalled : verdict;
    }

    static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        while (request.Length > 0) request = request[await socket.SendAsync(request, cancellationToken).ConfigureAwait(false)..];
    }

    async ValueTask<Verdict> ReceiveAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        var answer = new HttpStatusReader();
        for (int left = MaxBytes; left > 0;)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), cancellationToken).ConfigureAwait(false);
            if (read == 0) return new Verdict.Failed("closed the connection without an answer");
            answer.Read(buffer.AsSpan(0, read));
            left -= read;
            if (answer.Fault is { } fault) return new Verdict.Failed(fault);
            if (answer.Status == _expected) return Verdict.Passed;
            if (answer.Status != 0) return new Verdict.Failed($"answered {answer.Status}, expected {_expected}");
        }

        return new Verdict.Failed($"no status within {MaxBytes} bytes");
    }

    /// <summary>The machine is at fault only where the fault can be nobody else's; anything unheard of is ours.</summary>
    static Verdict Judge(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => new Verdict.Failed("connection refused"),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => new Verdict.Failed("connection reset"),
        SocketError.TimedOut => new Verdict.Failed("no connection: timed out by the system"),

        // Its neighbours cannot reach it either: nobody answers for that address any more. A missing route of ours is NetworkUnreachable.
        SocketError.HostUnreachable or SocketError.HostDown => new Verdict.Failed("host unreachable"),

        SocketError.TooManyOpenSockets => new Verdict.Unknown("we have too many open files"),
        SocketError.AddressNotAvailable => new Verdict.Unknown("we have no free local port or address"),
        SocketError.NetworkUnreachable => new Verdict.Unknown("we have no route to it"),
        SocketError.NetworkDown => new Verdict.Unknown("our network is down"),
        SocketError.NoBufferSpaceAvailable => new Verdict.Unknown("we are out of network memory"),
        SocketError.AccessDenied => new Verdict.Unknown("we are not allowed to connect to it"),
        _ => new Verdict.Unknown($"socket error {error}"),
    };

    static IPAddress? AddressOf(string text)
    {
        if (!IPAddress.TryParse(text, out IPAddress? address)) return null;

        // "1" parses as 0.0.0.1 and "010.0.0.1" as octal; and the unspecified address would lead to ourselves.
        bool exact = address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text;
        return exact && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address : null;
    }
}
