-- What load answered when it published a run.
-- $1 the run
select number, result
  from etl.run
 where run = $1;
