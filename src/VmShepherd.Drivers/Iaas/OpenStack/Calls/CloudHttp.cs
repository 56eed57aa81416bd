using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>
/// The connections to one cloud. Redirects are not followed, so that a token goes nowhere but to the endpoints; calls that act have a connection of their
/// own: on a kept one that breaks the client sends again by itself, and a server does not notice who is silent before he speaks.
/// </summary>
sealed class CloudHttp : IDisposable
{
    readonly HttpClient _kept, _once;

    /// <exception cref="ArgumentException">A certificate can't be read.</exception>
    public CloudHttp(TlsSettings tls)
    {
        _kept = Client(tls, handler =>
        {
            // Servers close idle connections without a word; being first saves a try.
            handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20);
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        });
        _once = Client(tls, handler => handler.PooledConnectionLifetime = TimeSpan.Zero);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool acts, CancellationToken cancellationToken) =>
        (acts ? _once : _kept).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public void Dispose()
    {
        _kept.Dispose();
        _once.Dispose();
    }

    static HttpClient Client(TlsSettings tls, Action<SocketsHttpHandler> configure)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxResponseHeadersLength = 64,
            SslOptions = SslOptions(tls),
        };
        configure(handler);
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    static SslClientAuthenticationOptions SslOptions(TlsSettings tls)
    {
        var options = new SslClientAuthenticationOptions();
#pragma warning disable CA5359 // Only where the operator asked for it, in so many words.
        if (tls.Insecure) options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        try
        {
            if (tls.CaFile is { } ca)
            {
                options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                options.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(ca);
                if (options.CertificateChainPolicy.CustomTrustStore.Count == 0) throw new ArgumentException($"ca_file: {ca} holds no certificate in PEM");
            }

            if (tls.Certificate is { } certificate) options.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, tls.Key)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ArgumentException($"{(tls.CaFile is not null && options.CertificateChainPolicy?.CustomTrustStore.Count is null or 0 ? "ca_file" : "client_certificate")}: {unreadable.Message}", unreadable);
        }

        return options;
    }
}
