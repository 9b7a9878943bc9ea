-- The run that the replay ends with.
select run
  from etl.replay
 order by place desc
 limit 1;
