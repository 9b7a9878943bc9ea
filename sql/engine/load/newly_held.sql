-- How many rows of a model are in the quarantine, other than those with these keys.
-- $1 the model, $2 the keys
select count(*) as rows
  from etl.quarantine
 where model = $1::text
   and released_at is null
   and key <> all ($2::text[]::jsonb[]);
