using System.Diagnostics;
using Npgsql;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;

namespace Drivers.Tests.Runtime.Postgres;

/// <summary>A PostgreSQL 15 of our own on a free loopback port, and a pgbouncer in transaction mode before it. Both refuse to run as root: then they run as Debian's user.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string Password = "s3cret-P4ss/word";
    const string Programs = "/usr/lib/postgresql/15/bin", Pgbouncer = "/usr/sbin/pgbouncer";

    readonly string _root = Directory.CreateTempSubdirectory("vmshepherd-postgres-").FullName;
    readonly string _data;
    readonly string[] _settings;
    Process? _server, _pooler;

    public int Port { get; } = Ports.Free();

    public int PoolerPort { get; } = Ports.Free();

    PostgresServer(string[] settings)
    {
        _data = Path.Combine(_root, "data");
        _settings = settings;
    }

    /// <param name="settings">Of the server, as <c>fsync=on</c>, beside ours.</param>
    public static async Task<PostgresServer> StartAsync(params string[] settings)
    {
        var server = new PostgresServer(settings);
        await server.OwnAsync();
        string password = Path.Combine(server._root, "password");
        await File.WriteAllTextAsync(password, Password);
        await RunAsync($"{Programs}/initdb", "-D", server._data, "-U", "admin", "-A", "scram-sha-256", $"--pwfile={password}", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8");
        await server.StartServerAsync();
        await server.ExecuteAsync($"create role shepherd login password '{Password}'; create role guest login password '{Password}'");
        await server.ExecuteAsync("create database shepherd owner shepherd");
        return server;
    }

    /// <summary>An asynchronous replica of the present state; from then on it follows.</summary>
    public async Task<PostgresServer> ReplicateAsync()
    {
        var replica = new PostgresServer(_settings);
        await replica.OwnAsync();
        await RunAsync($"{Programs}/pg_basebackup", "-D", replica._data, "-R", "-c", "fast", "--no-sync", "-d", $"host=127.0.0.1 port={Port} user=admin password={Password}");
        await replica.StartServerAsync();
        return replica;
    }

    public Task PromoteAsync() => ExecuteAsync("select pg_promote(true)");

    public async Task StartServerAsync()
    {
        string[] settings = ["listen_addresses=127.0.0.1", $"unix_socket_directories={_root}", "fsync=off", "max_connections=200", "log_min_messages=fatal", .. _settings];
        _server = Start($"{Programs}/postgres", ["-D", _data, "-p", $"{Port}", .. settings.SelectMany(setting => new[] { "-c", setting })]);
        await WaitAsync(_server, () => ExecuteAsync("select 1"));
    }

    /// <summary>Ends the server as a restart does: at once, with every connection.</summary>
    public Task StopServerAsync() => EndServerAsync("-INT");

    /// <summary>Ends the server without letting it tidy up: its next start recovers from the log.</summary>
    public Task CrashServerAsync() => EndServerAsync("-QUIT");

    async Task EndServerAsync(string signal)
    {
        await RunAsync("/bin/kill", signal, $"{_server!.Id}");
        await _server.WaitForExitAsync();
    }

    /// <summary>From now on it speaks TLS, with this certificate.</summary>
    public async Task UseTlsAsync(string certificate, string key)
    {
        string[] files = [Path.Combine(_root, "server.crt"), Path.Combine(_root, "server.key")];
        await File.WriteAllTextAsync(files[0], certificate);
        await File.WriteAllTextAsync(files[1], key);
        await RunAsync("/bin/chmod", "600", files[1]);
        await OwnAsync();
        await ExecuteAsync($"alter system set ssl_cert_file = '{files[0]}'");
        await ExecuteAsync($"alter system set ssl_key_file = '{files[1]}'");
        await ExecuteAsync("alter system set ssl = on");
        await StopServerAsync();
        await StartServerAsync();
    }

    /// <summary>Whom it lets in, and how, from now on.</summary>
    public async Task AllowAsync(params string[] lines)
    {
        await File.WriteAllLinesAsync(Path.Combine(_data, "pg_hba.conf"), lines);
        await ExecuteAsync("select pg_reload_conf()");
    }

    public async Task StartPoolerAsync()
    {
        string settings = Path.Combine(_root, "pgbouncer.ini"), users = Path.Combine(_root, "users");
        await File.WriteAllTextAsync(users, $"\"shepherd\" \"{Password}\"\n");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            shepherd = host=127.0.0.1 port={Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {PoolerPort}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = 3
            server_round_robin = 1
            log_connections = 0
            log_disconnections = 0
            log_stats = 0
            """);
        await OwnAsync();
        _pooler = Start(Pgbouncer, "-q", settings);
        await WaitAsync(_pooler, async () =>
        {
            await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={PoolerPort};Database=shepherd;Username=shepherd;Password={Password};Pooling=false");
            await connection.OpenAsync();
        });
    }

    public PostgresOptions Options(string schema, int? port = null) => new()
    {
        Host = "127.0.0.1", Port = port ?? Port, Database = "shepherd", User = "shepherd", Password = Password, Schema = schema, PoolSize = 4,
    };

    public async Task<object?> ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={Port};Database={database};Username=admin;Password={Password};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Shifts what is stored, so that the server's clock is that much later than everything in it.</summary>
    public Task AdvanceAsync(string schema, TimeSpan time)
    {
        string by = $"interval '{(long)time.TotalMicroseconds} microseconds'";
        return ExecuteAsync($"""
            update {schema}.lease set next_at = next_at - {by}, set_at = set_at - {by}, acted_at = acted_at - {by}, completed_at = completed_at - {by};
            update {schema}.state set written_at = written_at - {by};
            update {schema}.report set written_at = written_at - {by};
            update {schema}.store set lost_at = lost_at - {by}, clock_seen = clock_seen - {by};
            """, "shepherd");
    }

    /// <summary>User and system time of the server and all its processes, those that have ended among them.</summary>
    public TimeSpan Cpu
    {
        get
        {
            long ticks = 0;
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
            {
                try
                {
                    // After the name, which may hold anything: state, parent, ..., utime, stime, and those of children that were waited for.
                    string stat = File.ReadAllText($"{process}/stat");
                    string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                    bool isServer = Path.GetFileName(process) == $"{_server!.Id}";
                    if (isServer || fields[1] == $"{_server!.Id}") ticks += fields[11..(isServer ? 15 : 13)].Sum(long.Parse);
                }
                catch (IOException)
                {
                    continue; // ended in this moment
                }
            }

            return TimeSpan.FromSeconds(ticks / 100.0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in new[] { _pooler, _server }.OfType<Process>())
        {
            if (!process.HasExited) await RunAsync("/bin/kill", "-INT", $"{process.Id}");
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_root, recursive: true);
    }

    async Task OwnAsync()
    {
        if (Environment.UserName == "root") await RunAsync("/bin/chown", "-R", "postgres:", _root);
    }

    static async Task WaitAsync(Process process, Func<Task> attempt)
    {
        for (int tries = 0; ; tries++)
        {
            if (process.HasExited) throw new InvalidOperationException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} has ended");
            try
            {
                await attempt();
                return;
            }
            catch (NpgsqlException) when (tries < 600)
            {
                await Task.Delay(50);
            }
        }
    }

    static Process Start(string program, params string[] arguments)
    {
        if (!File.Exists(program)) throw new InvalidOperationException($"{program} is needed: scripts/install-test-tools");
        bool dropsRoot = Environment.UserName == "root" && !program.StartsWith("/bin/", StringComparison.Ordinal);
        string[] asPostgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments];
        return Process.Start(new ProcessStartInfo(dropsRoot ? "/usr/bin/setpriv" : program, dropsRoot ? asPostgres : arguments)
        {
            WorkingDirectory = "/", RedirectStandardOutput = program.StartsWith(Programs, StringComparison.Ordinal) && !program.EndsWith("/postgres", StringComparison.Ordinal),
        })!;
    }

    static async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        if (process.StartInfo.RedirectStandardOutput) await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
