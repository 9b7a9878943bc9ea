-- Every row of a dimension and every version of a fact, with the run and the reason of its end, in the order of record ids.
select 'product ' || product_id as key, name as value, null as run, null as reason, product_id as record_id from dim_product
union all
select 'customer ' || customer_id, name, null, null, customer_id from dim_customer
union all
select 'sale ' || sale_id, concat_ws('|', customer_id, product_id, units, last_updated), closed.run, closed.reason, sale_record_id
from fact_sale left join etl.closed_fact_sale as closed on closed.record_id = sale_record_id
union all
select 'line ' || sale_id || line_no, concat_ws('|', product_id, quantity, last_updated), closed.run, closed.reason, line_record_id
from fact_line left join etl.closed_fact_line as closed on closed.record_id = line_record_id
order by record_id
