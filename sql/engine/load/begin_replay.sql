-- Notes that a replay is under way.
-- $1 the run that it begins with
insert into etl.replay (first_run, began_at)
values ($1, clock_timestamp());
