using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;
using Xunit;

namespace Drivers.Tests.Runtime.Postgres;

/// <summary>How the driver gets to its server, and whom it does not talk to.</summary>
public sealed class PostgresConnectionTests(SharedPostgres postgres)
{
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    readonly string _schema = $"t{Guid.NewGuid():N}";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static PostgresDriver Create(PostgresOptions options, string directory = "/") => new(options, new(TimeProvider.System, new Random(1), directory));

    static Task<IReadOnlyList<PresetLease>> ClaimAsync(PostgresDriver store, string preset) => store.ClaimAsync(new("me", [preset], 1, Lease), Ct);

    [Fact]
    public async Task Tls_is_as_strict_as_tls_mode_and_ca_file_say()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmshepherd-tls-");
        try
        {
            (X509Certificate2 ca, X509Certificate2 other) = (Authority("ours"), Authority("somebody else's"));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "ca.pem"), ca.ExportCertificatePem(), Ct);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "other.pem"), other.ExportCertificatePem(), Ct);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "empty.pem"), "", Ct);
            await using PostgresServer server = await PostgresServer.StartAsync();
            (string certificate, string key) = Server(ca, "localhost");
            await server.UseTlsAsync(certificate, key);
            await server.AllowAsync("host all admin 127.0.0.1/32 scram-sha-256", "hostssl all shepherd 127.0.0.1/32 scram-sha-256");

            PostgresDriver Store(string? mode, string? ca = null, string host = "localhost") =>
                Create(new() { Host = host, Port = server.Port, Database = "shepherd", User = "shepherd", Password = PostgresServer.Password, Schema = _schema, TlsMode = mode, CaFile = ca }, folder.FullName);

            (string? Mode, string? Ca, string Host)[] good =
                [("prefer", null, "localhost"), ("require", null, "localhost"), ("verify-ca", "ca.pem", "127.0.0.1"), ("verify-full", "ca.pem", "localhost"), (null, "ca.pem", "localhost"), (null, null, "localhost")];
            foreach ((string? mode, string? file, string host) in good)
            {
                await using PostgresDriver store = Store(mode, file, host);
                await store.CheckAsync(Ct);
                Assert.Single(await ClaimAsync(store, $"{mode}/{file}"));
            }

            // The wrong authority, the wrong host, and an authority that nobody here knows.
            (string? Mode, string? Ca, string Host)[] bad =
                [("verify-ca", "other.pem", "localhost"), ("verify-full", "other.pem", "localhost"), (null, "other.pem", "localhost"), ("verify-full", "ca.pem", "127.0.0.1"), (null, "ca.pem", "127.0.0.1"), ("verify-full", null, "localhost")];
            foreach ((string? mode, string? file, string host) in bad)
            {
                await using PostgresDriver store = Store(mode, file, host);
                await store.CheckAsync(Ct);
                var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(() => ClaimAsync(store, "web"));
                Assert.Contains("certificate", refused.InnerException!.Message, StringComparison.Ordinal);
            }

            // What only a person can mend.
            await using PostgresDriver plain = Store("disable"), missing = Store(null, "missing.pem"), empty = Store(null, "empty.pem");
            Assert.Contains("no encryption", (await Assert.ThrowsAsync<ArgumentException>(() => plain.CheckAsync(Ct))).Message, StringComparison.Ordinal);
            Assert.StartsWith("ca_file can't be read: ", (await Assert.ThrowsAsync<ArgumentException>(() => missing.CheckAsync(Ct))).Message, StringComparison.Ordinal);
            Assert.Equal($"ca_file can't be read: there is no certificate (PEM) in {folder.FullName}/empty.pem", (await Assert.ThrowsAsync<ArgumentException>(() => empty.CheckAsync(Ct))).Message);
            Assert.Equal("ca_file is not looked at with this tls_mode: use verify-full or verify-ca", Assert.Throws<ArgumentException>(() => Store("require", "ca.pem")).Message);
            Assert.StartsWith("tls_mode: expected disable, prefer,", Assert.Throws<ArgumentException>(() => Store("on")).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Of_several_hosts_the_one_that_takes_writes_is_used_over_a_failover_too()
    {
        await using PostgresServer first = await PostgresServer.StartAsync();
        await using PostgresServer replica = await first.ReplicateAsync();
        PostgresOptions one = first.Options(_schema);
        await using PostgresDriver store = Create(new() { Host = $"127.0.0.1:{replica.Port},127.0.0.1:{first.Port}", Database = one.Database, User = one.User, Password = one.Password, Schema = _schema });
        PresetLease lease = Assert.Single(await ClaimAsync(store, "web"));
        Assert.True(await store.CompleteAsync(lease, "kept"u8.ToArray(), TimeSpan.Zero, Ct));
        await first.ExecuteAsync("do $$ begin while (select count(*) from pg_stat_replication where replay_lsn = pg_current_wal_lsn()) = 0 loop perform pg_sleep(0.05); perform pg_stat_clear_snapshot(); end loop; end $$");

        await first.StopServerAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => store.ReadAsync(["web"], Ct));
        await replica.PromoteAsync();
        for (int tries = 0; ; tries++)
        {
            try
            {
                Assert.Equal("kept"u8.ToArray(), Assert.Single(await store.ReadAsync(["web"], Ct)).Value.Content.ToArray());
                break;
            }
            catch (NpgsqlException) when (tries < 300)
            {
                // What each host is, is looked at again once in ten seconds.
                await Task.Delay(100, Ct);
            }
        }
    }

    [Fact]
    public async Task A_connection_string_says_everything_and_options_beat_it()
    {
        PostgresServer server = await postgres.ServerAsync();
        string written = $"Host=127.0.0.1;Port={server.Port};Database=shepherd;Username=shepherd;Password={PostgresServer.Password};Application Name={_schema};Maximum Pool Size=1";
        await using PostgresDriver store = Create(new() { ConnectionString = written, Schema = _schema });
        Assert.Single(await ClaimAsync(store, "web"));
        Assert.Equal(true, await server.ExecuteAsync($"select count(*) > 0 from pg_stat_activity where application_name = '{_schema}'"));

        await using PostgresDriver guest = Create(new() { ConnectionString = written, User = "guest", Schema = _schema });
        Assert.Contains("grant the rights", (await Assert.ThrowsAsync<ArgumentException>(() => guest.CheckAsync(Ct))).Message, StringComparison.Ordinal);
    }

    static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    static (string Certificate, string Key) Server(X509Certificate2 authority, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [1, 2, 3]);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
