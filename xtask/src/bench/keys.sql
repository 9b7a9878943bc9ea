-- The keys and indexes of the star, as statements that make and remove them, in the order in which they can be made:
-- primary keys, other indexes, foreign keys.
with star as (
    select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname ~ '^(dim|fact)_'
)

select
    case when contype = 'f' then 3 else 1 end as step,
    format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make,
    format('alter table %s drop constraint %I', conrelid::regclass, conname) as remove
from pg_constraint
where contype in ('f', 'p', 'u') and conrelid in (select oid from star)
union all
select 2, pg_get_indexdef(i.indexrelid), format('drop index %s', i.indexrelid::regclass)
from pg_index as i
where
    i.indrelid in (select oid from star)
    and not exists (select from pg_constraint as c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))
order by step, make
