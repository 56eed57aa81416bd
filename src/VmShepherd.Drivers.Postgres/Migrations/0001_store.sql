-- The store of leases, memory and requests. Names are unqualified: whoever runs this sets the search_path to the schema first.

-- One row. What it takes to notice that this is not the server, or not the history, that it was.
create table store (
    one boolean primary key default true check (one),
    system_identifier bigint not null,
    wal_timeline bigint not null,
    base bigint not null default 0,         -- the timeline of tokens is base + wal_timeline, and never falls
    lost_at timestamptz,                    -- when a new timeline was first seen: what was stored last before may be lost
    roster bigint not null default 0,       -- rises whenever presets change their lane or are forgotten
    clock_seen timestamptz not null         -- at least as late as this the clock has been
) with (fillfactor = 20);

insert into store (system_identifier, wal_timeline, clock_seen)
select c.system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint, clock_timestamp()
from pg_control_system() c;

create sequence token;
create sequence version;
create sequence lane;

-- Narrow, since every claim and every completion writes it.
create table lease (
    preset text collate "C" primary key,
    lane bigint not null,                   -- presets that are claimed together; 0 = not known yet
    next_at timestamptz not null,           -- free: due from then on. Held: the end of the lease, and so due from then on as well
    set_at timestamptz not null,            -- when next_at was set: a clock that went back is noticed by it
    held boolean not null default false,
    timeline bigint not null default 0,
    counter bigint not null default 0,
    holder text,
    acted_at timestamptz,
    completed_at timestamptz,
    asked bigint not null default 0,        -- requests ever left
    shown bigint not null default 0,        -- up to which the holder has been shown them
    answered bigint not null default 0      -- up to which they are consumed
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

create index lease_due on lease (lane, next_at);

create table state (
    preset text collate "C" primary key,
    version bigint not null,
    written_at timestamptz not null,
    content bytea not null
) with (fillfactor = 80);

create table request (
    preset text collate "C",
    number bigint,
    content text not null,
    primary key (preset, number)
);
