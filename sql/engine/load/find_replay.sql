-- The run that the replay under way begins with: one row, or none.
select first_run
  from etl.replay;
