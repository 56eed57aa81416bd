using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace Drivers.Tests.Presets.Git;

/// <summary>git's own smart HTTP behind lighttpd: open and behind a password, plain and over TLS with a good and an expired certificate.</summary>
public sealed class WebServer : IAsyncDisposable
{
    // Nobody else's: lists of processes are searched for it, and other tests' programs are in them.
    public const string Password = "g1t-s3cret-P4ss/word";
    readonly Sandbox _sandbox;
    readonly Process _process;
    bool _isDisposed;

    public int Http { get; } = Ports.Free();
    public int Https { get; } = Ports.Free();
    public int Expired { get; } = Ports.Free();
    public string CaFile { get; }
    public string AccessLog { get; }

    WebServer(Sandbox sandbox)
    {
        _sandbox = sandbox;
        CaFile = Path.Combine(sandbox.Root, "ca.pem");
        AccessLog = Path.Combine(sandbox.Root, "access.log");
        MakeCertificates();
        File.WriteAllText(Path.Combine(sandbox.Root, "users"), $"ops:{Password}\nx-access-token:{Password}\n");
        string settings = Path.Combine(sandbox.Root, "lighttpd.conf");
        File.WriteAllText(settings, $$"""
            server.document-root = "{{sandbox.Root}}/srv"
            server.bind = "127.0.0.1"
            server.port = {{Http}}
            server.upload-dirs = ( "{{sandbox.Root}}" )
            server.errorlog = "{{sandbox.Root}}/error.log"
            server.modules = ( "mod_redirect", "mod_auth", "mod_authn_file", "mod_alias", "mod_setenv", "mod_cgi", "mod_accesslog", "mod_openssl" )
            accesslog.filename = "{{AccessLog}}"
            accesslog.format = "%p %m %U %{Authorization}i"
            url.redirect = ( "^/moved/(.*)" => "http://localhost:{{Http}}/git/$1" )
            alias.url = ( "/git" => "/usr/lib/git-core/git-http-backend" )
            $HTTP["url"] =~ "^/git" {
              cgi.assign = ( "" => "" )
              setenv.add-environment = ( "GIT_PROJECT_ROOT" => "{{sandbox.Root}}/srv", "GIT_HTTP_EXPORT_ALL" => "1", "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => "/dev/null" )
            }
            auth.backend = "plain"
            auth.backend.plain.userfile = "{{sandbox.Root}}/users"
            $HTTP["url"] =~ "^/git/private" {
              auth.require = ( "" => ( "method" => "basic", "realm" => "git", "require" => "valid-user" ) )
            }
            $SERVER["socket"] == "127.0.0.1:{{Https}}" { ssl.engine = "enable" ssl.pemfile = "{{sandbox.Root}}/good.pem" }
            $SERVER["socket"] == "127.0.0.1:{{Expired}}" { ssl.engine = "enable" ssl.pemfile = "{{sandbox.Root}}/expired.pem" }
            """);
        const string Program = "/usr/sbin/lighttpd";
        Assert.True(File.Exists(Program), $"{Program} is needed: scripts/install-test-tools");
        _process = Process.Start(new ProcessStartInfo(Program, ["-D", "-f", settings]))!;
    }

    public static async Task<WebServer> StartAsync(Sandbox sandbox)
    {
        Directory.CreateDirectory(Path.Combine(sandbox.Root, "srv"));
        var server = new WebServer(sandbox);
        await Sandbox.WaitForAsync(server.Http, server._process);
        Assert.False(server._process.HasExited, File.Exists(Path.Combine(sandbox.Root, "error.log")) ? await File.ReadAllTextAsync(Path.Combine(sandbox.Root, "error.log")) : "lighttpd has ended");
        return server;
    }

    public string Url(string path) => $"http://127.0.0.1:{Http}/git/{path}.git";

    public string UrlWithUser(string path, string user, string password) => $"http://{user}:{Uri.EscapeDataString(password)}@127.0.0.1:{Http}/git/{path}.git";

    void MakeCertificates()
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=Test CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 ca = caRequest.CreateSelfSigned(now.AddDays(-9), now.AddDays(9));
        File.WriteAllText(CaFile, ca.ExportCertificatePem());
        foreach ((string file, DateTimeOffset until) in ((string, DateTimeOffset)[])[("good.pem", now.AddDays(1)), ("expired.pem", now.AddDays(-1))])
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            using X509Certificate2 certificate = request.Create(ca, now.AddDays(-8), until, [1, (byte)until.Day]);
            File.WriteAllText(Path.Combine(_sandbox.Root, file), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
