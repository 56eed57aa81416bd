using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using Xunit;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Whom a password is told over TLS.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    readonly string _directory = Directory.CreateTempSubdirectory("vmshepherd-openstack-").FullName;
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly X509Certificate2 _certificate = SelfSigned();
    Task _serving = Task.CompletedTask;
    int _heard;

    public ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(_directory, "ca.pem"), _certificate.ExportCertificatePem());
        _listener.Start();
        _serving = ServeAsync();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _certificate.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(null, false, false)]
    [InlineData("ca.pem", false, true)]
    [InlineData(null, true, true)]
    public async Task A_password_is_told_to_whom_we_trust_and_to_anybody_only_when_asked_to(string? ca, bool insecure, bool isTold)
    {
        var options = new OpenStackOptions
        {
            AuthUrl = $"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}", Username = "u", Password = "p", ProjectName = "p", CaFile = ca, Insecure = insecure, HttpTimeout = TimeSpan.FromMinutes(10),
        };
        await using var driver = new OpenStackDriver(options, new DriverContext(new HurriedTime(50), new Random(1), _directory));
        IaasException e = await Assert.ThrowsAsync<IaasException>(() => driver.GetScopeAsync(TestContext.Current.CancellationToken));
        Assert.Equal(isTold ? IaasFailure.Unauthorized : IaasFailure.Unavailable, e.Failure);
        Assert.Equal(isTold, Volatile.Read(ref _heard) > 0);
        if (!isTold) Assert.Contains("Give ca_file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_holds_no_certificate_is_said_at_once()
    {
        File.WriteAllText(Path.Combine(_directory, "empty.pem"), "");
        var options = new OpenStackOptions { AuthUrl = "https://c.example", Username = "u", Password = "p", CaFile = "empty.pem" };
        Assert.Contains("ca_file: ", Assert.Throws<ArgumentException>(() => new OpenStackDriver(options, new DriverContext(TimeProvider.System, new Random(1), _directory))).Message, StringComparison.Ordinal);
    }

    /// <summary>A keystone that refuses everybody, and counts who told it something.</summary>
    async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(_certificate);
                byte[] buffer = new byte[4096];
                int read = await tls.ReadAsync(buffer);
                if (read == 0) continue;
                Interlocked.Increment(ref _heard);
                await tls.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            }
            catch (Exception broken) when (broken is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client did not trust us.
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
