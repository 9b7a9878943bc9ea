-- Rows in the quarantine, or with $2 those that left it too, the oldest first.
-- $1 the model, null for all; $2 whether released rows are wanted; $3 how many at most
select model,
       key::text,
       reason,
       run,
       to_char(held_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as held_at,
       last_run,
       object,
       unknown_member,
       outcome,
       released_run,
       to_char(released_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as released_at
  from etl.quarantine
 where ($1::text is null or model = $1)
   and ($2::boolean or released_at is null)
 order by quarantine.held_at, model, key
 limit $3;
