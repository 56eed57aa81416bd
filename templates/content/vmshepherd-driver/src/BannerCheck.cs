using System.Net;
using System.Net.Sockets;
using System.Text;
using Company.Driver;
using VmShepherd.Abstractions;

[assembly: Driver(DriverGroup.Healthcheck, "BannerCheck", typeof(BannerCheck))]

namespace Company.Driver;

/// <summary>What may stand beside <c>driver: BannerCheck</c>. VmShepherd checks, shows and documents it by these declarations.</summary>
public sealed class BannerCheckOptions
{
    [Option("port", "TCP port that is dialled.", Min = 1, Max = 65535)]
    public int Port { get; set; } = 22;

    [Option("banner", "What the machine's first words begin with.")]
    public string Banner { get; set; } = "SSH-";

    [Option("timeout", "Seconds until a machine has failed.", Min = 0.1, Max = 60)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);
}

/// <summary>A machine is well when it greets whoever dials, as SSH and SMTP servers do.</summary>
public sealed class BannerCheck(BannerCheckOptions options, DriverContext context) : IHealthcheckDriver
{
    public async ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // What we can't judge is unknown: it ends no machine.
        if (vm.Addresses.Count == 0 || !IPAddress.TryParse(vm.Addresses[0], out IPAddress? address)) return new Verdict.Unknown("no address");

        // The clock starts when the check starts; it is VmShepherd's, so that tests can move it.
        using var patience = new CancellationTokenSource(options.Timeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await GreetingAsync(new IPEndPoint(address, options.Port), either.Token) ? Verdict.Passed : new Verdict.Failed($"port {options.Port} greets otherwise than '{options.Banner}'");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Verdict.Failed($"port {options.Port} did not greet within {options.Timeout.TotalSeconds} s");
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.TimedOut)
        {
            return new Verdict.Failed($"port {options.Port}: {refused.SocketErrorCode}");
        }
        catch (SocketException ours)
        {
            // No route, no descriptor: that says nothing about the machine.
            return new Verdict.Unknown($"port {options.Port}: {ours.SocketErrorCode}");
        }
    }

    /// <summary>Reads no more than the banner is long: a machine may talk for ever.</summary>
    async Task<bool> GreetingAsync(IPEndPoint machine, CancellationToken cancellationToken)
    {
        byte[] expected = Encoding.UTF8.GetBytes(options.Banner);
        byte[] greeting = new byte[expected.Length];
        using var socket = new Socket(machine.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(machine, cancellationToken);
        for (int got = 0; got < greeting.Length;)
        {
            int read = await socket.ReceiveAsync(greeting.AsMemory(got), cancellationToken);
            if (read == 0) return false;
            got += read;
        }
        return greeting.AsSpan().SequenceEqual(expected);
    }
}
