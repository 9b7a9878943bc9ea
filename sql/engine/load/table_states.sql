-- How far each source table was read by a run.
-- $1 the run
select table_name, state
  from etl.table_state
 where run = $1;
