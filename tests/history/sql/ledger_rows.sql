-- The ledger but for its numbers, which have gaps where a publication was rolled back.
select concat_ws('|', 'run', run, base, published_at, more, source, models, result) as line
from etl.run
union all
select concat_ws('|', 'run_table', run, table_name, inserted, updated, closed)
from etl.run_table
union all
select concat_ws('|', 'table_state', table_name, run, state)
from etl.table_state
union all
select concat_ws('|', 'quarantine', model, key, run, reason, held_at, last_run, released_run, released_at, outcome)
from etl.quarantine
order by line
