-- The rows of a model that are in the quarantine.
-- $1 the model
select key::text as key, unknown_member
  from etl.quarantine
 where model = $1::text
   and released_at is null;
