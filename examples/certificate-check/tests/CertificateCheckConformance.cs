using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Examples;
using VmShepherd.Abstractions;
using VmShepherd.Testing;
using Xunit;

public sealed class CertificateCheckConformance : HealthcheckDriverConformance
{
    protected override IHealthcheckDriver CreateDriver(int port) => Create(port, TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(30, true)]
    [InlineData(3, false)]
    public async Task A_certificate_passes_while_it_is_valid_long_enough(int days, bool passes)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = ServeAsync(listener, days);
        var machine = new Vm("1", "web", VmState.Running, null) { Addresses = ["127.0.0.1"] };
        Verdict verdict = await Create(((IPEndPoint)listener.LocalEndpoint).Port, TimeSpan.FromSeconds(20)).CheckAsync(machine, TestContext.Current.CancellationToken);
        if (passes) Assert.Same(Verdict.Passed, verdict);
        else Assert.IsType<Verdict.Failed>(verdict);
        await serving;
    }

    static CertificateCheck Create(int port, TimeSpan timeout) => new(new CertificateCheckOptions { Port = port, Timeout = timeout }, new DriverContext(TimeProvider.System, new Random(1), "/"));

    static async Task ServeAsync(TcpListener listener, int days)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(days));
        using TcpClient caller = await listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(caller.GetStream());
        await tls.AuthenticateAsServerAsync(certificate);
    }
}
