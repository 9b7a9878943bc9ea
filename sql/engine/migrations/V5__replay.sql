-- A replay rebuilds an empty warehouse from the runs that were published before. While it is under way, executions publish those and
-- nothing else.
set role starlift_migrator;

create table etl.replay (
    place bigint primary key,
    run text not null unique
);

comment on table etl.replay is 'The runs of the replay that was begun last, in the order in which they are published again. It is over when all of them are in etl.run';
comment on column etl.replay.place is 'Place of the run in the line, from 1';
comment on column etl.replay.run is 'Name of the run';

grant select, insert, delete on etl.replay to starlift_loader;
grant select on etl.replay to starlift_reader;

reset role;
