-- The tables of a schema that the pipeline does not read.
-- $1 the schema, $2 the names of those that it reads
select coalesce(array_agg(c.relname::text order by c.relname), '{}') as names
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where n.nspname = $1
   and c.relname <> all ($2::text[])
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and not c.relispartition;
