namespace VmShepherd.Drivers.Postgres;

/// <summary>
/// What is sent to the server. Only the server's clock is asked. Tables are named with their schema: behind a pooler no session keeps a search_path.
/// A statement sees the others' commits up to its start, and of a row that it locks the newest version: so what must be true at the moment of writing stands in the row.
/// </summary>
sealed class Statements(string schema, string channel)
{
    /// <summary>The running server's history. At once after a promotion, which the control file is not.</summary>
    const string WalTimeline = "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint";
    const string System = "(select c.system_identifier from pg_control_system() c)";

    /// <summary>Slewing never sets a clock back; this much may come from reading it twice.</summary>
    const string Backwards = "interval '1 second'";

    const string IsHistoryKnown = $"s.wal_timeline = {WalTimeline} and s.system_identifier = {System}";
    const string IsClockSound = $"s.clock_seen <= clock_timestamp() + {Backwards}";

    readonly string _lease = $"{schema}.lease";
    readonly string _report = $"{schema}.report";
    readonly string _request = $"{schema}.request";
    readonly string _state = $"{schema}.state";
    readonly string _store = $"{schema}.store";

    /// <summary>Roster, whether history and clock are as known, whether the clock is to be noted.</summary>
    public string Look => $"select s.roster, {IsHistoryKnown} and {IsClockSound}, s.clock_seen < clock_timestamp() - interval '10 seconds' from {_store} s";

    /// <summary>Due, and not left to whoever had it last: $6 holder, $7 courtesy. What another one holds is due because its lease ran out.</summary>
    const string IsDue = """
        l.next_at <= now() and (l.held or l.holder is null or l.holder = $6
            or l.next_at + least($7, greatest(l.next_at - l.set_at - $7, interval '0')) <= now())
        """;

    /// <summary>$1 roster, $2 lease, $3 lanes, $4 except, $5 max, $6 holder, $7 courtesy.</summary>
    public string ClaimLanes => Claim($"""
        select d.* from s, unnest($3::bigint[]) as t(lane), lateral (
            select l.preset, l.next_at, l.held, l.acted_at, l.completed_at from {_lease} l
            where l.lane = t.lane and {IsDue} and l.preset <> all($4::text[])
            order by l.next_at limit $5 for update skip locked) d
        order by d.next_at limit $5
        """);

    /// <summary>$1 roster, $2 lease, $3 names, $4 unused, $5 max, $6 holder, $7 courtesy.</summary>
    public string ClaimNames => Claim($"""
        select l.preset, l.next_at, l.held, l.acted_at, l.completed_at from s, {_lease} l
        where l.preset = any($3::text[]) and l.preset <> all($4::text[]) and {IsDue}
        order by l.next_at limit $5 for update of l skip locked
        """);

    /// <summary>After a failover nobody claims for the length of a lease: whoever held one that was lost on the way has stopped acting by then.</summary>
    string Claim(string due) => $"""
        with s as materialized (
            select s.base + s.wal_timeline as timeline, s.lost_at + $2 as quiet_until from {_store} s
            where s.roster = $1 and {IsHistoryKnown} and {IsClockSound} and (s.lost_at is null or s.lost_at + $2 <= now())),
        due as materialized ({due})
        update {_lease} l set held = true, timeline = s.timeline, counter = (select nextval('{schema}.token')), holder = $6, shown = l.asked, set_at = now(), next_at = now() + $2
        from due, s where l.preset = due.preset
        returning l.preset, l.timeline, l.counter, not due.held,
            now() - due.acted_at, now() - due.completed_at, now() - s.quiet_until, due.next_at, l.answered, l.shown
        """;

    /// <summary>The requests that were shown to a claim: $1 names, $2 up to which they are answered, $3 up to which they are shown.</summary>
    public string Requests => $"""
        select r.preset, r.content from unnest($1::text[], $2::bigint[], $3::bigint[]) as c(preset, answered, shown)
        join {_request} r on r.preset = c.preset and r.number > c.answered and r.number <= c.shown order by r.preset, r.number
        """;

    /// <summary>Best effort, once in ten seconds: whoever finds the row locked leaves it to the other.</summary>
    public string NoteClock => $"update {_store} set clock_seen = greatest(clock_seen, clock_timestamp()) where one in (select s.one from {_store} s for update skip locked)";

    /// <summary>Takes notice of another server or history, and of a clock that was set back: no lease then lasts longer from now than it was granted for.</summary>
    public IReadOnlyList<string> Mend =>
    [
        $"select from {_store} for update",
        $"""
        update {_store} s set
            base = case when s.system_identifier = {System} and {WalTimeline} > s.wal_timeline then s.base else s.base + s.wal_timeline end,
            system_identifier = {System}, wal_timeline = {WalTimeline}, lost_at = clock_timestamp()
        where not ({IsHistoryKnown})
        """,
        $"""
        update {_lease} l set next_at = clock_timestamp() + (l.next_at - l.set_at), set_at = clock_timestamp(),
            acted_at = case when l.acted_at > clock_timestamp() then clock_timestamp() else l.acted_at end,
            completed_at = case when l.completed_at > clock_timestamp() then clock_timestamp() else l.completed_at end
        where l.set_at > clock_timestamp() and exists (select from {_store} s where not ({IsClockSound}))
        """,
        $"update {_store} s set clock_seen = clock_timestamp(), lost_at = case when s.lost_at > clock_timestamp() then clock_timestamp() else s.lost_at end where not ({IsClockSound})",
    ];

    /// <summary>
    /// $1 names, $2 timelines, $3 counters, $4 acted, $5 released, $6 consumed, $7 due in, $8 written, $9 contents. Answers those that hold.
    /// The row is not locked first: an update looks again at what it has waited for.
    /// </summary>
    public string Write => $"""
        with held as (
            {Hold("$9::bool[], $10::bytea[]", "writes, content")}
            returning l.preset, l.answered, a.releases, a.consumes, a.writes, a.content),
        written as (
            insert into {_state} (preset, version, written_at, content)
            select h.preset, nextval('{schema}.version'), clock_timestamp(), h.content from held h where h.writes
            on conflict (preset) do update set version = excluded.version, written_at = excluded.written_at, content = excluded.content),
        consumed as (delete from {_request} r using held h where h.releases and h.consumes > 0 and r.preset = h.preset and r.number <= h.answered)
        select preset from held
        """;

    /// <summary>The same for presets of which nothing is stored and no request consumed, as for those at rest: planning the rest would cost as much as doing it. $1 to $7 as there.</summary>
    public string WriteLeases => $"{Hold(null, null)} returning l.preset";

    string Hold(string? moreArrays, string? moreColumns) => $"""
        update {_lease} l set
            acted_at = case when a.acts then clock_timestamp() else l.acted_at end,
            held = not a.releases,
            holder = case when a.yields then null else l.holder end,
            answered = case when a.releases then {Answered} else l.answered end,
            completed_at = case when a.releases then clock_timestamp() else l.completed_at end,
            set_at = case when a.releases then clock_timestamp() else l.set_at end,
            next_at = case when not a.releases then l.next_at when l.asked > {Answered} then clock_timestamp() else clock_timestamp() + a.due_in end
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::int[], $7::interval[], $8::bool[]{(moreArrays is null ? "" : $", {moreArrays}")})
            as a(preset, timeline, counter, acts, releases, consumes, due_in, yields{(moreColumns is null ? "" : $", {moreColumns}")})
        where l.preset = a.preset and {HeldUnder}
        """;

    const string Answered = "greatest(l.answered, least(l.answered + a.consumes, l.shown))";

    /// <summary>$1 names, $2 timelines, $3 counters, $4 lease.</summary>
    public string Renew => $"""
        with asked as (select * from unnest($1::text[], $2::bigint[], $3::bigint[]) as a(preset, timeline, counter)),
        held as materialized (select l.preset, clock_timestamp() as at from {_lease} l join asked a on l.preset = a.preset where {HeldUnder} order by l.preset for update of l)
        update {_lease} l set next_at = h.at + $4, set_at = h.at from held h where l.preset = h.preset
        returning l.preset, l.timeline, l.counter
        """;

    const string HeldUnder = "l.held and l.timeline = a.timeline and l.counter = a.counter and l.next_at > clock_timestamp()";

    /// <summary>Ends with the transaction: whoever has it commits before the next one draws a version, so a reader that has seen a version has seen all before it.</summary>
    public string LockReports => $"select pg_advisory_xact_lock(hashtextextended('vmshepherd reports {schema.Replace("'", "''", StringComparison.Ordinal)}', 0))";

    /// <summary>$1 names, $2 timelines, $3 counters, $4 contents.</summary>
    public string KeepReports => $"""
        insert into {_report} as r (preset, timeline, counter, version, written_at, content)
        select a.preset, a.timeline, a.counter, nextval('{schema}.report_version'), clock_timestamp(), a.content
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[]) as a(preset, timeline, counter, content)
        on conflict (preset) do update set timeline = excluded.timeline, counter = excluded.counter, version = excluded.version, written_at = excluded.written_at, content = excluded.content
        where (r.timeline, r.counter) <= (excluded.timeline, excluded.counter)
        """;

    /// <summary>$1 version, $2 most.</summary>
    public string ReadReports => $"select preset, timeline, counter, content, clock_timestamp() - written_at, version from {_report} where version > $1 order by version limit $2";

    /// <summary>Another text, another history.</summary>
    public const string History = $"select {System} || '.' || {WalTimeline}";

    /// <summary>$1 names.</summary>
    public string Read => $"select preset, version, content, clock_timestamp() - written_at from {_state} where preset = any($1::text[])";

    /// <summary>Numbers come from the locked row, so their order is that of the commits. $1 name, $2 request, $3 most. Nothing is changed when there are too many. Whoever listens is told when it is committed.</summary>
    public string Request => $"""
        with asked as (
            insert into {_lease} as l (preset, lane, next_at, set_at, asked) values ($1, 0, now(), now(), 1)
            on conflict (preset) do update set asked = l.asked + 1,
                next_at = case when l.held then l.next_at else least(l.next_at, clock_timestamp()) end,
                set_at = case when l.held then l.set_at else least(l.next_at, clock_timestamp()) end
            where l.asked - l.answered < $3
            returning preset, asked)
        insert into {_request} (preset, number, content) select preset, asked, $2 from asked returning pg_notify('{channel}', '')
        """;

    /// <summary>In one transaction; $1 names. What is held stays held, without a memory.</summary>
    public IReadOnlyList<string> Forget =>
    [
        $"select from {_lease} where preset = any($1::text[]) order by preset for update",
        $"delete from {_state} where preset = any($1::text[])",
        $"delete from {_request} where preset = any($1::text[])",
        $"delete from {_report} where preset = any($1::text[])",
        $"update {_lease} set acted_at = null, completed_at = null, answered = asked, shown = asked where preset = any($1::text[])",
        $"with gone as (delete from {_lease} where preset = any($1::text[]) and not (held and next_at > clock_timestamp()) returning preset) update {_store} set roster = roster + 1 where exists (select from gone)",
    ];

    /// <summary>Ends with the transaction. Whoever changes lanes changes them alone.</summary>
    public string LockRoster(bool shared) =>
        $"select pg_advisory_xact_lock{(shared ? "_shared" : "")}(hashtextextended('vmshepherd roster {schema.Replace("'", "''", StringComparison.Ordinal)}', 0))";

    /// <summary>Whether one of the names ($1) is not there, or in no lane.</summary>
    public string AreMissing => $"select exists (select from unnest($1::text[]) p left join {_lease} l on l.preset = p where l.preset is null or l.lane = 0)";

    /// <summary>Adds who is not there, all in one new lane ($2), or in none. $1 names.</summary>
    public string Enrol => $"""
        with missing as materialized (select p from unnest($1::text[]) p left join {_lease} l on l.preset = p where l.preset is null or ($2 and l.lane = 0))
        insert into {_lease} as l (preset, lane, next_at, set_at)
        select p, case when $2 then (select nextval('{schema}.lane')) else 0 end, now(), now() from missing order by p
        on conflict (preset) do update set lane = excluded.lane where l.lane = 0 and excluded.lane <> 0
        """;

    public string Roster => $"select roster from {_store}";

    /// <summary>The lanes that the names ($1) are in, the largest first.</summary>
    public string Lanes => $"select l.lane from unnest($1::text[]) p join {_lease} l on l.preset = p group by l.lane order by count(*) desc";

    /// <summary>Who is in the lanes ($2) without being named ($1); no more than $3.</summary>
    public string Others => $"select l.preset, l.lane from {_lease} l where l.lane = any($2::bigint[]) and not exists (select from unnest($1::text[]) p where p = l.preset) limit $3";

    /// <summary>Moves the named ($1) of some lanes ($2) into a new one; then the roster is another one.</summary>
    public string Move => $"""
        with mine as materialized (select l.preset from {_lease} l where l.preset = any($1::text[]) and l.lane = any($2::bigint[]) order by l.preset for update)
        update {_lease} l set lane = (select nextval('{schema}.lane')) from mine where l.preset = mine.preset
        """;

    public string RaiseRoster => $"update {_store} set roster = roster + 1";
}
