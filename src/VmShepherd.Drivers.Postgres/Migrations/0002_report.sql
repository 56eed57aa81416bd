-- The latest report of each preset, for instances that did not write it. Versions rise in the order of commits: whoever writes takes a lock first.

create sequence report_version;

create table report (
    preset text collate "C" primary key,
    timeline bigint not null,
    counter bigint not null,
    version bigint not null,
    written_at timestamptz not null,
    content bytea not null
) with (fillfactor = 80);

create unique index report_by_version on report (version);
