-- The primary and foreign keys of these relations, each column list in the key's own order.
-- $1 the oids
select k.conrelid::oid as relation,
       k.conname::text as name,
       k.contype::text as kind,
       (
         select array_agg(a.attname::text order by position.n)
           from unnest(k.conkey) with ordinality as position (attnum, n)
           join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = position.attnum
       ) as columns,
       referred.relname::text as referred_table,
       (
         select array_agg(a.attname::text order by position.n)
           from unnest(k.confkey) with ordinality as position (attnum, n)
           join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = position.attnum
       ) as referred_columns
  from pg_catalog.pg_constraint as k
  left join pg_catalog.pg_class as referred on referred.oid = k.confrelid
 where k.conrelid = any ($1::oid[])
   and k.contype in ('p', 'f')
 order by k.conrelid, k.conname;
