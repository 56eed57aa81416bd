using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Postgres;

/// <summary>Options of <see cref="PostgresDriver"/>.</summary>
public sealed class PostgresOptions
{
    [Option("host", "Name or address of the server, or the directory of its socket; several, separated by commas: whichever of them takes writes is used.", Endpoint = true)]
    public string? Host { get; init; }

    [Option("port", "The server's port.", Min = 1, Max = 65535, Endpoint = true)]
    public int? Port { get; init; }

    [Option("database", "The database.")]
    public string? Database { get; init; }

    [Option("user", "Who logs in.")]
    public string? User { get; init; }

    [Option("password", "The user's password.", Secret = true)]
    public string? Password { get; init; }

    [Option("password_file", "Holds the user's password; read for each new connection, so that it can be replaced.")]
    public string? PasswordFile { get; init; }

    [Option("pool_size", "Connections at the most.", Min = 1, Max = 100)]
    public int PoolSize { get; init; } = 2;

    [Option("tls_mode", "disable, prefer, require, verify-ca or verify-full; else prefer, with ca_file verify-full.")]
    public string? TlsMode { get; init; }

    [Option("ca_file", "Certificates (PEM) that the server's must come from.")]
    public string? CaFile { get; init; }

    [Option("connection_string", "In Npgsql's words, for what has no option; options that are given beat it.", Secret = true, Endpoint = true)]
    public string? ConnectionString { get; init; }

    [Option("schema", "The schema that the tables are in; made if it is missing.")]
    public string Schema { get; init; } = "vmshepherd";

    [Option("preset_lock_ttl", "Had no effect in version 1 either: manage_expire of the presets is the lease.", Ignored = true)]
    public double? PresetLockTtl { get; init; }

    /// <summary>Never the options: they may hold a password.</summary>
    public override string ToString() => nameof(PostgresOptions);
}
