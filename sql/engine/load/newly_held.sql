-- How many rows of a model are in the quarantine, other than those with these keys: held back, and published with an unknown member.
-- $1 the model, $2 the keys
select count(*) filter (where not unknown_member) as held,
       count(*) filter (where unknown_member) as unknown
  from etl.quarantine
 where model = $1::text
   and released_at is null
   and key <> all ($2::text[]::jsonb[]);
