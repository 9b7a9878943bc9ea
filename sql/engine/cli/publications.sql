-- The publications of a warehouse, the newest first.
-- $1 how many at most
select number,
       run,
       base,
       published_at,
       source ->> 'horizon' as horizon
  from etl.run
 order by number desc
 limit $1;
