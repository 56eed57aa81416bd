using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Postgres;

/// <summary>From options to connections. Nothing is connected here.</summary>
static class DataSource
{
    /// <summary>For one call to the server. The core gives up a claim after 15 s; this is to be known before.</summary>
    const int CommandSeconds = 10;

    /// <exception cref="ArgumentException">The options contradict themselves. No text of theirs is repeated: it may hold a password.</exception>
    /// <param name="options">As given.</param>
    /// <param name="context">Where files are.</param>
    /// <param name="isPooled">False = each connection is one of its own, to be kept.</param>
    public static NpgsqlDataSource Create(PostgresOptions options, DriverContext context, bool isPooled = true)
    {
        NpgsqlConnectionStringBuilder connection = Read(options.ConnectionString);
        if (options.Host is { } host) connection.Host = host;
        if (options.Port is { } port) connection.Port = port;
        if (options.Database is { } database) connection.Database = database;
        if (options.User is { } user) connection.Username = user;
        if (options.Password is { } password) connection.Password = password;
        if (connection.Host is null or "") throw new ArgumentException("host is missing: PostgresDriver needs it, or connection_string");
        if (connection.Username is null or "") throw new ArgumentException("user is missing: PostgresDriver needs it, or connection_string");
        if (options is { Password: not null, PasswordFile: not null }) throw new ArgumentException("password and password_file exclude one another: keep one");
        if (options.Schema is "" || options.Schema.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("schema: expected a name");

        connection.Pooling = isPooled;
        connection.MaxPoolSize = options.PoolSize;
        connection.ApplicationName ??= "vmshepherd";
        if ((options.TlsMode ?? (options.CaFile is null ? null : "verify-full")) is { } tls) connection.SslMode = Tls(tls);
        if (options.CaFile is not null && connection.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull))
            throw new ArgumentException("ca_file is not looked at with this tls_mode: use verify-full or verify-ca");

        // A pooler in transaction mode gives each transaction another session: nothing may be kept in one, and nothing needs to be cleaned up.
        connection.NoResetOnClose = true;
        connection.MaxAutoPrepare = 0;
        connection.Multiplexing = false;
        connection.Enlist = false;

        // A server that does not answer is noticed, also when nobody has closed the connection.
        connection.Timeout = connection.CommandTimeout = CommandSeconds;
        connection.KeepAlive = 0;
        connection.TcpKeepAlive = true;
        connection.TcpKeepAliveTime = connection.TcpKeepAliveInterval = CommandSeconds;
        connection.IncludeErrorDetail = false;
        connection.PersistSecurityInfo = false;
        return Build(connection, options, context);
    }

    static NpgsqlConnectionStringBuilder Read(string? text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or InvalidCastException or OverflowException)
        {
            throw new ArgumentException("connection_string can't be read: expected Key=Value;Key=Value with the keys of Npgsql (its text is not repeated here, it may hold a password)");
        }
    }

    static SslMode Tls(string mode) => mode switch
    {
        "disable" => SslMode.Disable,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new ArgumentException("tls_mode: expected disable, prefer, require, verify-ca or verify-full"),
    };

    static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder connection, PostgresOptions options, DriverContext context)
    {
        var builder = new NpgsqlDataSourceBuilder(connection.ConnectionString);
        if (options.PasswordFile is { } written)
        {
            string file = Path.GetFullPath(written, context.BaseDirectory);
            builder.UsePasswordProvider(_ => ReadPassword(file), (_, _) => ValueTask.FromResult(ReadPassword(file)));
        }

        if (options.CaFile is { } trusted)
        {
            string file = Path.GetFullPath(trusted, context.BaseDirectory);
            builder.UseRootCertificatesCallback(() => ReadCertificates(file));
        }

        return connection.Host!.Contains(',', StringComparison.Ordinal) ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : builder.Build();
    }

    static string ReadPassword(string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableFileException($"password_file can't be read: {e.Message}", e);
        }
    }

    static X509Certificate2Collection ReadCertificates(string file)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UnreadableFileException($"ca_file can't be read: {e.Message}", e);
        }

        return certificates.Count > 0 ? certificates : throw new UnreadableFileException($"ca_file can't be read: there is no certificate (PEM) in {file}", null);
    }
}

/// <summary>A file that an option names can't be read.</summary>
sealed class UnreadableFileException(string message, Exception? cause) : Exception(message, cause);
