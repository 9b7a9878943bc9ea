-- The columns of these relations, in their order.
-- $1 the oids
select a.attrelid::oid as relation,
       a.attnum || ':' || a.attcollation as id,
       a.attname::text as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod)::text as type,
       not a.attnotnull as nullable,
       (a.atthasdef or a.attidentity <> '') as generated,
       a.attgenerated = 'v' as is_virtual
  from pg_catalog.pg_attribute as a
 where a.attrelid = any ($1::oid[])
   and a.attnum > 0
   and not a.attisdropped
 order by a.attrelid, a.attnum;
