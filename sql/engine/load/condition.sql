-- How the warehouse is now: the run published last; the seconds since its snapshot was taken; the seconds since the last snapshot before it
-- that left nothing over; and how many rows are in the quarantine. Snapshots have their times from the source's clock, the present is this
-- server's. One row, none before the first publication.
with last as (
    select run,
           number,
           (source ->> 'taken_at')::timestamptz as taken_at
      from etl.run
     order by number desc
     limit 1
)
select last.run,
       extract(epoch from clock_timestamp() - last.taken_at)::float8 as age,
       (
         select extract(epoch from clock_timestamp() - (before.source ->> 'taken_at')::timestamptz)::float8
           from etl.run as before
          where before.number < last.number and not before.more
          order by before.number desc
          limit 1
       ) as change_lag,
       (select count(*) from etl.quarantine where released_at is null) as quarantined
  from last;
