-- The tables with these names in this schema, with what decides whether and how they can be read.
-- $1 the schema, $2 the names
select c.oid::oid as oid,
       c.relname::text as name,
       c.relkind::text as kind,
       coalesce(am.amname, '')::text as access_method,
       c.relkind = 'r' and exists (
         select from pg_catalog.pg_inherits as i where i.inhparent = c.oid
       ) as has_children,
       coalesce((
         select array_agg(leaf.relid::oid order by leaf.relid::oid)
           from pg_catalog.pg_partition_tree(c.oid) as leaf
          where leaf.isleaf and c.relkind = 'p'
       ), '{}'::oid[]) as leaves,
       coalesce((
         select bool_and(leaf_class.relkind = 'r' and leaf_am.amname = 'heap')
           from pg_catalog.pg_partition_tree(c.oid) as leaf
           join pg_catalog.pg_class as leaf_class on leaf_class.oid = leaf.relid
           left join pg_catalog.pg_am as leaf_am on leaf_am.oid = leaf_class.relam
          where leaf.isleaf and c.relkind = 'p'
       ), true) as leaves_are_heap
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_am as am on am.oid = c.relam
 where n.nspname = $1
   and c.relname = any ($2::text[])
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
 order by c.relname;
