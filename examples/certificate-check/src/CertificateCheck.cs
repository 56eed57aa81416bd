using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Examples;
using VmShepherd.Abstractions;

[assembly: Driver(DriverGroup.Healthcheck, "CertificateCheck", typeof(CertificateCheck))]

namespace Examples;

public sealed class CertificateCheckOptions
{
    [Option("port", "TCP port that speaks TLS.", Min = 1, Max = 65535)]
    public int Port { get; set; } = 443;

    [Option("host", "Name that is asked for (SNI).")]
    public string Host { get; set; } = "localhost";

    [Option("days_left", "Days that the certificate must be valid from now.", Min = 0, Max = 3650)]
    public int DaysLeft { get; set; } = 7;

    [Option("timeout", "Seconds until a machine has failed.", Min = 0.1, Max = 60)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);
}

/// <summary>A machine is well when it shows a certificate that is valid long enough. Who signed it is not its affair.</summary>
public sealed class CertificateCheck(CertificateCheckOptions options, DriverContext context) : IHealthcheckDriver
{
    public async ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (vm.Addresses.Count == 0 || !IPAddress.TryParse(vm.Addresses[0], out IPAddress? address)) return new Verdict.Unknown("no address");

        using var patience = new CancellationTokenSource(options.Timeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return Judge(await CertificateAsync(new IPEndPoint(address, options.Port), either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Verdict.Failed($"no TLS on port {options.Port} within {options.Timeout.TotalSeconds} s");
        }
        catch (Exception its) when (its is AuthenticationException or IOException)
        {
            return new Verdict.Failed($"no TLS on port {options.Port}");
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.TimedOut)
        {
            return new Verdict.Failed($"port {options.Port}: {refused.SocketErrorCode}");
        }
        catch (SocketException ours)
        {
            return new Verdict.Unknown($"port {options.Port}: {ours.SocketErrorCode}");
        }
    }

    Verdict Judge(DateTimeOffset validUntil)
    {
        double left = (validUntil - context.Time.GetUtcNow()).TotalDays;
        return left >= options.DaysLeft ? Verdict.Passed : new Verdict.Failed($"its certificate is valid for {left:0.#} days, {options.DaysLeft} are needed");
    }

    async Task<DateTimeOffset> CertificateAsync(IPEndPoint machine, CancellationToken cancellationToken)
    {
        using var socket = new Socket(machine.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(machine, cancellationToken);
        await using var tls = new SslStream(new NetworkStream(socket));
        X509Certificate2? shown = null;
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = options.Host,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = certificate as X509Certificate2) is not null,
            },
            cancellationToken);
        return shown!.NotAfter;
    }
}
