-- The keys of rows in the quarantine, those first that were tried longest ago.
-- $1 how many at most
select model, key
  from etl.quarantine
 where released_at is null
 order by last_run, model, key
 limit $1;
