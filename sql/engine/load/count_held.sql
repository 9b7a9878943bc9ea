-- How many rows of each model are in the quarantine, how many of them a run has added, and the commonest reason.
-- $1 the run
select model,
       count(*) as held,
       count(*) filter (where run = $1::text) as new,
       mode() within group (order by reason) as reason
  from etl.quarantine
 where released_at is null
 group by model
 order by model;
