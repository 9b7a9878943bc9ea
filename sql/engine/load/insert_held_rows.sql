-- Notes rows that were held back. A row can be held back for its key alone, so one key may come more than once.
-- $1 the run, $2 the model, $3 the part, $4 the object that holds the rows, $5 the time, $6 the keys, $7 the reasons
insert into etl.quarantine (run, model, part, object, held_at, key, reason)
select $1::text, $2::text, $3::text, $4::text, $5::timestamptz, held.key::jsonb, held.reason
  from unnest($6::text[], $7::text[]) as held (key, reason)
    on conflict (model, key, run) do nothing;
