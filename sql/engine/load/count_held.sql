-- How many rows of each model are in the quarantine, and the commonest reason.
select model,
       count(*) as held,
       mode() within group (order by reason) as reason
  from etl.quarantine
 where released_at is null
 group by model
 order by model;
