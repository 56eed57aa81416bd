using System.Globalization;
using Microsoft.Data.Sqlite;

namespace VmShepherd.Drivers.Sqlite;

/// <summary>The open file, for one process alone. Not for use side by side.</summary>
sealed class SqliteFile : IDisposable
{
    /// <summary>What each version adds to the one before, from the first on.</summary>
    static readonly string[] Migrations = [Tables, Reports];

    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    const string Tables = """
        create table lease (
            preset text primary key, next_at integer not null, set_at integer not null, turn integer not null, held integer not null default 0,
            token integer not null default 0, acted_at integer, completed_at integer, shown integer not null default 0);
        create index lease_due on lease (next_at, turn);
        create table state (preset text primary key, version integer not null, written_at integer not null, content blob not null);
        create table request (number integer primary key autoincrement, preset text not null, content text not null);
        create index request_preset on request (preset, number);
        create table counter (name text primary key, value integer not null) without rowid;
        insert into counter values ('token', 0), ('version', 0), ('turn', 0);
        """;

    const string Reports = """
        create table report (preset text primary key, token integer not null, version integer not null unique, written_at integer not null, content blob not null);
        insert into counter values ('report', 0);
        """;

    readonly FileStream? _lock;

    public SqliteConnection Connection { get; }

    SqliteFile(FileStream? @lock, SqliteConnection connection) => (_lock, Connection) = (@lock, connection);

    /// <exception cref="SqliteStoreException">Only a person can help.</exception>
    public static SqliteFile Open(string path)
    {
        if (OperatingSystem.IsWindows()) throw new SqliteStoreException("the file needs a system with modes of files", null);
        FileStream @lock = Lock(path);
        SqliteConnection connection = To(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            if (!File.Exists(path)) new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private }).Dispose();
            connection.Open();

            // FULL: what is answered is on the disk. An intent that a power failure takes along would be a machine too many.
            Execute(connection, "pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma foreign_keys = off");
            Migrate(connection, path);
            return new SqliteFile(@lock, connection);
        }
        catch (Exception e)
        {
            connection.Dispose();
            @lock.Dispose();
            throw e is SqliteException or IOException or UnauthorizedAccessException ? new SqliteStoreException($"{path}: {e.Message}; give path a file of its own that this user may write", e) : e;
        }
    }

    /// <summary>What is there, without the lock and without changing it; nothing, where there is no file yet.</summary>
    /// <exception cref="SqliteStoreException">Only a person can help.</exception>
    public static SqliteFile OpenToRead(string path)
    {
        bool isThere = File.Exists(path) && new FileInfo(path).Length > 0;
        SqliteConnection connection = isThere ? To(path, SqliteOpenMode.ReadOnly) : To("", SqliteOpenMode.Memory);
        try
        {
            connection.Open();
            if (isThere) Check(VersionOf(connection, null), path);
            else Execute(connection, string.Concat(Migrations));
            return new SqliteFile(null, connection);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw e is SqliteException ? new SqliteStoreException($"{path}: {e.Message}", e) : e;
        }
    }

    static SqliteConnection To(string path, SqliteOpenMode mode) => new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 }.ConnectionString);

    /// <summary>Held as long as the process lives, and let go by the system whatever it dies of.</summary>
    static FileStream Lock(string path)
    {
        if (OperatingSystem.IsWindows()) throw new PlatformNotSupportedException();
        string file = path + ".lock";
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } directory && !Directory.Exists(directory))
                Directory.CreateDirectory(directory, Private | UnixFileMode.UserExecute);
            return new FileStream(file, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = Private });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!File.Exists(file) || e is UnauthorizedAccessException) throw new SqliteStoreException($"{path}: {e.Message}", e);
            string holder = HolderOf(file) is { } id ? $"process {id}" : "another process";
            throw new SqliteStoreException($"{path}: {holder} of this host uses it: end that one, or ask it with --server; for several instances use PostgresDriver", e) { IsInUse = true };
        }
    }

    /// <summary>By what processes have open, as far as this user may see that: whatever is written down somewhere may be out of date.</summary>
    static int? HolderOf(string file)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id)) continue;
            try
            {
                if (Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Any(open => new FileInfo(open).LinkTarget == file)) return id;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is somebody else's.
                continue;
            }
        }

        return null;
    }

    static void Migrate(SqliteConnection connection, string path)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        long version = VersionOf(connection, transaction);
        Check(version, path);
        foreach (string step in Migrations.Skip((int)version)) Execute(connection, step, transaction);
        if (version < Migrations.Length) Execute(connection, $"pragma user_version = {Migrations.Length}", transaction);
        transaction.Commit();
    }

    static long VersionOf(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using var read = new SqliteCommand("pragma user_version", connection, transaction);
        return (long)read.ExecuteScalar()!;
    }

    static void Check(long version, string path)
    {
        if (version > Migrations.Length)
            throw new SqliteStoreException($"{path} is of version {version}, this program knows versions up to {Migrations.Length}: a newer vmshepherd has been here, start that one", null);
    }

    static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = new SqliteCommand(sql, connection, transaction);
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        Connection.Dispose();
        _lock?.Dispose();
    }
}

/// <summary>Only a person can help: another path, another program.</summary>
sealed class SqliteStoreException(string message, Exception? cause) : Exception(message, cause)
{
    /// <summary>Another process has it, and may end.</summary>
    public bool IsInUse { get; init; }
}
