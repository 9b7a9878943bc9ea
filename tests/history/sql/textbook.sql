-- The extraction of the textbooks: every sale that was updated after the latest update seen so far.
select 'sale ' || sale_id as key, concat_ws('|', customer_id, product_id, units, last_updated) as value, last_updated
from sale
where last_updated > $1
