-- The quarantine heals: a row that was held back is tried again by every run, until it fits or its source row is gone. It keeps when.
set role starlift_migrator;

alter table etl.quarantine
    add column last_run text,
    add column released_run text,
    add column released_at timestamptz,
    add column outcome text check (outcome in ('published', 'gone', 'settled')),
    add constraint quarantine_is_released_as_a_whole
        check (num_nulls(released_run, released_at, outcome) in (0, 3));

update etl.quarantine set last_run = run;

-- A row may be held back again after it was released, but is in the quarantine once.
delete from etl.quarantine as older
using etl.quarantine as newer
where newer.model = older.model and newer.key = older.key and newer.run > older.run;

alter table etl.quarantine alter column last_run set not null;

create unique index quarantine_open_idx on etl.quarantine (model, key) where released_at is null;

comment on table etl.quarantine is 'One row for each stay of a row in the quarantine: held back from the warehouse, tried again by every run until it fits or is gone';
comment on column etl.quarantine.key is 'Key of the source row: an object of column names and values';
comment on column etl.quarantine.run is 'Run that held the row back first';
comment on column etl.quarantine.held_at is 'When that was';
comment on column etl.quarantine.last_run is 'Run that tried the row last and held it back again';
comment on column etl.quarantine.reason is 'Why it was held back then; names columns and tables, never values';
comment on column etl.quarantine.part is 'Part of that run that the row is in; null when only load held it back';
comment on column etl.quarantine.object is 'Key of the object in the processed zone that holds the row; null when only load held it back';
comment on column etl.quarantine.released_run is 'Run with which it left the quarantine; null while it is held back';
comment on column etl.quarantine.released_at is 'When it left the quarantine; null while it is held back';
comment on column etl.quarantine.outcome is 'published: it fits now; gone: the source has it no more; settled: one of the two. Null while it is held back';

-- What happened is not written over: neither which row it was, nor when it was held back first.
grant update (last_run, reason, part, object, released_run, released_at, outcome) on etl.quarantine to starlift_loader;
-- For whoever looks after a pipeline without loading it.
grant select on etl.quarantine, etl.run to starlift_reader;

reset role;
