-- Notes rows that were held back; of one that is in the quarantine already only what is new about it. A row can be held back for its key
-- alone, so one key may come more than once.
-- $1 the run, $2 the model, $3 the part, $4 the object that holds the rows, $5 the time, $6 the keys, $7 the reasons
insert into etl.quarantine (run, last_run, model, part, object, held_at, key, reason)
select distinct on (held.key::jsonb)
       $1::text, $1::text, $2::text, $3::text, $4::text, $5::timestamptz, held.key::jsonb, held.reason
  from unnest($6::text[], $7::text[]) as held (key, reason)
    on conflict (model, key) where released_at is null do update
   set last_run = excluded.last_run,
       reason = excluded.reason,
       part = excluded.part,
       object = excluded.object,
       unknown_member = false;
