-- Begins a replay.
-- $1 its runs, in their order
insert into etl.replay (place, run)
select place, run
  from unnest($1::text[]) with ordinality as line (run, place);
