-- The name that a table has now.
-- $1 its oid
select c.oid::regclass::text as name
  from pg_catalog.pg_class as c
 where c.oid = $1;
