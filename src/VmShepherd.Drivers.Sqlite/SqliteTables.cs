using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Sqlite;

/// <summary>The contract in SQL, within the transaction of whoever calls. Times are ticks of UTC.</summary>
sealed class SqliteTables(SqliteConnection connection) : IDisposable
{
    const int MaxRequests = 100;

    const string HeldUnder = "preset = @preset and held = 1 and token = @token and next_at > @now";

    readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    // A claimer passes the same large collection again and again: its names are looked at once.
    readonly ConditionalWeakTable<IReadOnlyCollection<string>, HashSet<string>> _heardOf = [];

    public void Begin() => Execute("begin immediate");

    public void Commit() => Execute("commit");

    /// <summary>A clock that was set back while no process ran: nothing lasts longer from now than it was meant to.</summary>
    public void Mend(long now)
    {
        Execute("update lease set next_at = @now + (next_at - set_at), set_at = @now where set_at > @now", ("@now", now));
        Execute("update lease set acted_at = @now where acted_at > @now", ("@now", now));
        Execute("update lease set completed_at = @now where completed_at > @now", ("@now", now));
        Execute("update state set written_at = @now where written_at > @now", ("@now", now));
        Execute("update report set written_at = @now where written_at > @now", ("@now", now));
    }

    HashSet<string> HearOf(IReadOnlyCollection<string> presets, long now)
    {
        if (_heardOf.TryGetValue(presets, out HashSet<string>? names) && names.Count == presets.Count) return names;
        names = new HashSet<string>(presets, StringComparer.Ordinal);
        foreach (string name in names) HearOf(name, now);
        _heardOf.AddOrUpdate(presets, names);
        return names;
    }

    void HearOf(string preset, long now)
    {
        if (Scalar("select 1 from lease where preset = @preset", ("@preset", preset)) is null)
            Execute("insert into lease (preset, next_at, set_at, turn) values (@preset, @now, @now, @turn)", ("@preset", preset), ("@now", now), ("@turn", Next("turn")));
    }

    public List<PresetLease> Claim(IReadOnlyCollection<string> presets, int max, TimeSpan duration, long now)
    {
        HashSet<string> names = HearOf(presets, now);
        List<string> due = [];
        using (SqliteDataReader reader = Command("select preset from lease where next_at <= @now order by next_at, turn", ("@now", now)).ExecuteReader())
        {
            while (due.Count < max && reader.Read())
            {
                if (names.Contains(reader.GetString(0))) due.Add(reader.GetString(0));
            }
        }

        return due.ConvertAll(preset => Grant(preset, duration, now));
    }

    PresetLease Grant(string preset, TimeSpan duration, long now)
    {
        bool clean;
        TimeSpan? sinceActed, sinceCompleted;
        using (SqliteDataReader reader = Command("select held, acted_at, completed_at from lease where preset = @preset", ("@preset", preset)).ExecuteReader())
        {
            reader.Read();
            clean = reader.GetInt64(0) == 0;
            sinceActed = reader.IsDBNull(1) ? null : TimeSpan.FromTicks(now - reader.GetInt64(1));
            sinceCompleted = reader.IsDBNull(2) ? null : TimeSpan.FromTicks(now - reader.GetInt64(2));
        }

        List<string> requests = [];
        long shown = 0;
        using (SqliteDataReader reader = Command("select number, content from request where preset = @preset order by number", ("@preset", preset)).ExecuteReader())
        {
            while (reader.Read())
            {
                shown = reader.GetInt64(0);
                requests.Add(reader.GetString(1));
            }
        }

        long token = Next("token");
        Execute("update lease set held = 1, token = @token, shown = @shown, set_at = @now, next_at = @next, turn = @turn where preset = @preset",
            ("@preset", preset), ("@token", token), ("@shown", shown), ("@now", now), ("@next", After(now, duration)), ("@turn", Next("turn")));
        return new PresetLease(preset, new LeaseToken(1, token), duration)
        {
            CleanHandover = clean, SinceActed = sinceActed, SinceCompleted = sinceCompleted, State = Read(preset, now), Requests = requests,
        };
    }

    public bool Save(PresetLease lease, byte[] state, bool acted, long now)
    {
        if (!IsHeld(lease, now)) return false;
        Write(lease.Preset, state, now);
        if (acted) Execute("update lease set acted_at = @now where preset = @preset", ("@preset", lease.Preset), ("@now", now));
        return true;
    }

    public bool Complete(PresetLease lease, byte[]? state, TimeSpan dueIn, long now)
    {
        if (!IsHeld(lease, now)) return false;
        if (state is not null) Write(lease.Preset, state, now);
        Execute("""
            delete from request where number in (
                select number from request where preset = @preset and number <= (select shown from lease where preset = @preset) order by number limit @count)
            """, ("@preset", lease.Preset), ("@count", lease.Requests.Count));
        bool isAsked = Scalar("select 1 from request where preset = @preset", ("@preset", lease.Preset)) is not null;
        Execute("update lease set held = 0, shown = 0, completed_at = @now, set_at = @now, next_at = @next, turn = @turn where preset = @preset",
            ("@preset", lease.Preset), ("@now", now), ("@next", isAsked ? now : After(now, dueIn)), ("@turn", Next("turn")));
        return true;
    }

    public bool Renew(PresetLease lease, TimeSpan duration, long now)
    {
        if (!IsHeld(lease, now)) return false;
        Execute("update lease set set_at = @now, next_at = @next, turn = @turn where preset = @preset",
            ("@preset", lease.Preset), ("@now", now), ("@next", After(now, duration)), ("@turn", Next("turn")));
        return true;
    }

    public VersionedDocument? Read(string preset, long now)
    {
        using SqliteDataReader reader = Command("select version, written_at, content from state where preset = @preset", ("@preset", preset)).ExecuteReader();
        return reader.Read() ? new VersionedDocument(reader.GetInt64(0), reader.GetFieldValue<byte[]>(2), TimeSpan.FromTicks(Math.Max(0, now - reader.GetInt64(1)))) : null;
    }

    /// <exception cref="RefusedException">Too many are waiting; nothing is changed.</exception>
    public void Request(string preset, string request, long now)
    {
        if ((long)Scalar("select count(*) from request where preset = @preset", ("@preset", preset))! >= MaxRequests)
            throw new RefusedException($"preset {preset}: {MaxRequests} requests are waiting already, no more are taken until an instance has managed it");
        HearOf(preset, now);
        Execute("insert into request (preset, content) values (@preset, @content)", ("@preset", preset), ("@content", request));
        Execute("update lease set next_at = @now, set_at = @now, turn = @turn where preset = @preset and held = 0 and next_at > @now", ("@preset", preset), ("@now", now), ("@turn", Next("turn")));
    }

    public void Forget(string preset, long now)
    {
        Execute("delete from state where preset = @preset", ("@preset", preset));
        Execute("delete from report where preset = @preset", ("@preset", preset));
        Execute("delete from request where preset = @preset", ("@preset", preset));
        Execute("update lease set acted_at = null, completed_at = null, shown = 0 where preset = @preset", ("@preset", preset));
        Execute("delete from lease where preset = @preset and not (held = 1 and next_at > @now)", ("@preset", preset), ("@now", now));

        // A claimer may name it again with a collection we have been through.
        _heardOf.Clear();
    }

    public void KeepReport(PresetReport report, long now) => Execute("""
        insert into report (preset, token, version, written_at, content) values (@preset, @token, @version, @now, @content)
        on conflict (preset) do update set token = excluded.token, version = excluded.version, written_at = excluded.written_at, content = excluded.content where token <= excluded.token
        """, ("@preset", report.Preset), ("@token", report.Token.Counter), ("@version", Next("report")), ("@now", now), ("@content", report.Content.ToArray()));

    public ReportPage ReadReports(long after, int max, long now)
    {
        List<PresetReport> reports = [];
        using SqliteDataReader reader = Command("select preset, token, content, written_at, version from report where version > @after order by version limit @max", ("@after", after), ("@max", max)).ExecuteReader();
        while (reader.Read())
        {
            after = reader.GetInt64(4);
            reports.Add(new PresetReport(reader.GetString(0), new LeaseToken(1, reader.GetInt64(1)), reader.GetFieldValue<byte[]>(2), TimeSpan.FromTicks(now - reader.GetInt64(3))));
        }

        return new ReportPage(reports, after.ToString(CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _commands.Values) command.Dispose();
    }

    bool IsHeld(PresetLease lease, long now) => lease.Token.Timeline == 1
        && Scalar($"select 1 from lease where {HeldUnder}", ("@preset", lease.Preset), ("@token", lease.Token.Counter), ("@now", now)) is not null;

    void Write(string preset, byte[] state, long now) => Execute(
        "insert into state (preset, version, written_at, content) values (@preset, @version, @now, @content) on conflict (preset) do update set version = excluded.version, written_at = excluded.written_at, content = excluded.content",
        ("@preset", preset), ("@version", Next("version")), ("@now", now), ("@content", state));

    long Next(string counter) => (long)Scalar("update counter set value = value + 1 where name = @name returning value", ("@name", counter))!;

    static long After(long now, TimeSpan wait) => wait.Ticks > DateTime.MaxValue.Ticks - now ? DateTime.MaxValue.Ticks : now + wait.Ticks;

    void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> values) => Command(sql, values).ExecuteNonQuery();

    object? Scalar(string sql, params ReadOnlySpan<(string Name, object Value)> values) => Command(sql, values).ExecuteScalar();

    /// <summary>Prepared once. There is one user of the connection, so each command is free when it is asked for.</summary>
    SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            _commands.Add(sql, command = new SqliteCommand(sql, connection));
            foreach ((string name, object value) in values) command.Parameters.AddWithValue(name, value);
            command.Prepare();
        }

        foreach ((string name, object value) in values) command.Parameters[name].Value = value;
        return command;
    }
}
