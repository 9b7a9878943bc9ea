select sales_order_id from history_sales_order where sales_order_id in (1, 2) group by sales_order_id
having array_agg(units_sold order by sales_record_id) <> '{1111,2222,1111}'::int[];
select 'current is not A' as wrong where exists (select from current_sales_order where sales_order_id in (1, 2) and units_sold <> 1111);
