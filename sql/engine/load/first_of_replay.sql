-- The run that the replay begins with.
select run
  from etl.replay
 order by place
 limit 1;
