-- The oracle's views, and which table or view of the warehouse each one is the measure of.
select
    viewname as view,
    case
        when viewname like 'o\_fact\_%' then 'current_' || substr(viewname, length('o_fact_') + 1)
        else substr(viewname, length('o_') + 1)
    end as "table"
from pg_views
where schemaname = 'starlift_oracle' and (viewname like 'o\_fact\_%' or viewname like 'o\_dim\_%')
order by viewname
