-- Releases the rows of a model that this run has not held back again.
-- $1 the run, $2 the time, $3 the model, $4 the outcome
update etl.quarantine
   set released_run = $1::text,
       released_at = $2::timestamptz,
       outcome = $4::text
 where model = $3::text
   and released_at is null
   and last_run <> $1::text;
