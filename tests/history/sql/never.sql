-- What no session may ever see: half of a run, or a fact that refers to nothing. One statement, and so one snapshot.
select
    (abs((select count(*) from fact_sale) + (select count(*) from fact_line) - coalesce(sum(inserted), 0))
    + abs((select count(*) from etl.closed_fact_sale) + (select count(*) from etl.closed_fact_line) - coalesce(sum(closed), 0)))::text as half,
    (select count(*) from fact_sale left join dim_customer using (customer_id) left join dim_product using (product_id)
     where dim_customer.customer_id is null or dim_product.product_id is null)
    + (select count(*) from fact_line left join dim_product using (product_id) where dim_product.product_id is null) as broken
from etl.run_table
where table_name like 'fact%'
