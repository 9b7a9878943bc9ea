-- The ledger: which runs were published, in which order, and what each of them brought. It is the truth about the
-- past: update_tracking.json is written from it.
set role starlift_migrator;

create table etl.run (
    number bigint generated always as identity primary key,
    run text not null unique,
    base text references etl.run (run),
    published_at timestamptz not null,
    more boolean not null,
    source jsonb not null,
    models jsonb not null,
    result jsonb not null,
    -- Publications form one line: of two runs with one base only one can be published, and only one run has none.
    constraint run_base_key unique nulls not distinct (base)
);

comment on table etl.run is 'One row for each publication. The run with the highest number is what the warehouse shows';
comment on column etl.run.number is 'Order of publication: rising, with gaps where a publication was rolled back';
comment on column etl.run.run is 'Name of the run, given by the state machine';
comment on column etl.run.base is 'Run that was published last when this one was read; null for the first';
comment on column etl.run.published_at is 'When the publication was made, by the clock of the warehouse';
comment on column etl.run.more is 'Whether the source held more rows than this run read';
comment on column etl.run.source is 'Position of the snapshot that was read: server, database, horizon, next transaction, WAL position';
comment on column etl.run.models is 'Fingerprints of the models and seeds that computed the rows, by model';
comment on column etl.run.result is 'What load answered, and answers again when it is asked to load this run again';

create table etl.table_state (
    table_name text primary key,
    run text not null references etl.run (run),
    state jsonb not null
);

comment on table etl.table_state is 'One row for each source table: how far it has been read';
comment on column etl.table_state.table_name is 'Name of the source table';
comment on column etl.table_state.run is 'Run that brought the table to this state';
comment on column etl.table_state.state is 'Key cursor and horizons of an incremental table, hash and object of a full one';

create table etl.run_table (
    run text not null references etl.run (run),
    table_name text not null,
    inserted bigint not null default 0,
    updated bigint not null default 0,
    closed bigint not null default 0,
    first_record_id bigint,
    last_record_id bigint,
    primary key (run, table_name)
);

comment on table etl.run_table is 'One row for each publication and each table of the star schema that it changed';
comment on column etl.run_table.run is 'Run that was published';
comment on column etl.run_table.table_name is 'Table of the star schema';
comment on column etl.run_table.inserted is 'Rows inserted: new rows of a dimension, new versions of a fact';
comment on column etl.run_table.updated is 'Rows of a dimension that took a new value; 0 for a fact';
comment on column etl.run_table.closed is 'Versions of a fact that ended, replaced or deleted; 0 for a dimension';
comment on column etl.run_table.first_record_id is 'First record id of the versions inserted; null when there are none';
comment on column etl.run_table.last_record_id is 'Last record id of the versions inserted; null when there are none';

-- The history views find the publication that a version came with: the last one that began at or before its record id.
create index run_table_first_record_id_idx on etl.run_table (table_name, first_record_id) include (run);

create table etl.quarantine (
    model text not null,
    key jsonb not null,
    run text not null,
    part text,
    reason text not null,
    object text,
    held_at timestamptz not null,
    primary key (model, key, run)
);

comment on table etl.quarantine is 'One row for each row of a model that a run held back from the warehouse';
comment on column etl.quarantine.model is 'Dimension or fact that the row belongs to';
comment on column etl.quarantine.key is 'Key of the row: an object of column names and values';
comment on column etl.quarantine.run is 'Run that held the row back';
comment on column etl.quarantine.part is 'Part of the run that the row is in; null when only load held it back';
comment on column etl.quarantine.reason is 'Why the row was held back; names columns, never their values';
comment on column etl.quarantine.object is 'Key of the object in the processed zone that holds the row; null when only load held it back';
comment on column etl.quarantine.held_at is 'When the row was held back';

create table etl.extract (
    table_name text primary key,
    number bigint not null,
    rows bigint not null,
    bytes bigint not null,
    exported_at timestamptz not null
);

comment on table etl.extract is 'One row for each table of the star schema that has been exported as CSV';
comment on column etl.extract.table_name is 'Table of the star schema';
comment on column etl.extract.number is 'Number of the last publication when the table was exported';
comment on column etl.extract.rows is 'Rows in the extract';
comment on column etl.extract.bytes is 'Size of the extract in bytes';
comment on column etl.extract.exported_at is 'When the extract was made';

create view etl.freshness as
select
    number,
    run,
    published_at,
    now() - published_at as age,
    more
from etl.run
order by number desc
limit 1;

comment on view etl.freshness is 'The last publication and its age: one row, none before the first publication';
comment on column etl.freshness.number is 'Number of the last publication';
comment on column etl.freshness.run is 'Run that was published last';
comment on column etl.freshness.published_at is 'When it was published';
comment on column etl.freshness.age is 'Time since then';
comment on column etl.freshness.more is 'Whether the source held more rows than have been read so far';

-- No delete and no truncate, and no update of what happened: what is published stays written. Only what is true of now,
-- how far a table is read and what its extract shows, is written over.
grant select, insert on etl.run, etl.run_table, etl.quarantine to starlift_loader;
grant select, insert, update on etl.table_state, etl.extract to starlift_loader;
grant select on etl.freshness to starlift_loader, starlift_reader;

reset role;
