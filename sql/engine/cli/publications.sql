-- The publications of a warehouse, the newest first.
-- $1 how many at most
select number,
       run,
       base,
       source ->> 'horizon' as horizon,
       source ->> 'taken_at' as taken_at,
       to_char(published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as published_at
  from etl.run
 order by number desc
 limit $1;
