-- The run that the replay publishes next: one row while a replay is under way.
select run
  from etl.replay
 where not exists (select from etl.run where run.run = replay.run)
 order by place
 limit 1;
