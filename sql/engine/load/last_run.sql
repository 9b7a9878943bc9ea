-- The run published last.
select number,
       run,
       to_char(published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as published_at,
       source,
       models
  from etl.run
 order by number desc
 limit 1;
