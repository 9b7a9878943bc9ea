-- Every publication, in its order.
select number,
       run,
       to_char(published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as published_at
  from etl.run
 order by number;
