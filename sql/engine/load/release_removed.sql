-- Releases the rows of models that the pipeline has no more.
-- $1 the run, $2 the time, $3 the models that it has
update etl.quarantine
   set released_run = $1::text,
       released_at = $2::timestamptz,
       outcome = 'gone'
 where model <> all ($3::text[])
   and released_at is null;
