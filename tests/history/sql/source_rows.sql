-- Every row of the source: its key, and what the warehouse has to say of it.
select 'product ' || product_id as key, name as value from product
union all
select 'customer ' || customer_id, name from customer
union all
select 'sale ' || sale_id, concat_ws('|', customer_id, product_id, units, last_updated) from sale
union all
select 'line ' || sale_id || line_no, concat_ws('|', product_id, quantity, last_updated) from line
