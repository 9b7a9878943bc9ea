-- Every row of the source: its key, what the warehouse has to say of it, and what it needs to be there; no value when it does not fit itself.
select 'product ' || product_id as key, name as value, '{}'::text[] as needs from product
union all
select 'customer ' || customer_id, name, '{}' from customer
union all
select
    'sale ' || sale_id,
    concat_ws('|', customer_id, product_id, units, last_updated),
    array['customer ' || customer_id, 'product ' || product_id]
from sale
union all
select 'line ' || sale_id || line_no, concat_ws('|', product_id, quantity, last_updated), array['product ' || product_id] from line
