-- A replay rebuilds an empty warehouse from the runs that were read before. While it is under way, executions publish those and nothing else.
set role starlift_migrator;

create table etl.replay (
    is_under_way boolean primary key default true check (is_under_way),
    first_run text not null,
    began_at timestamptz not null
);

comment on table etl.replay is 'One row while a replay is under way, none otherwise';
comment on column etl.replay.is_under_way is 'True: there is one row at most';
comment on column etl.replay.first_run is 'Run that the replay begins with';
comment on column etl.replay.began_at is 'When the replay began';

grant select, insert, delete on etl.replay to starlift_loader;
grant select on etl.replay to starlift_reader;

reset role;
