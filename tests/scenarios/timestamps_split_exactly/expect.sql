select 'time before midnight' as wrong
where (select created_time from current_sales_order where sales_order_id = 2) is distinct from '23:59:59.999';
select 'date after midnight' as wrong
where (select last_updated_date from current_sales_order where sales_order_id = 2) is distinct from '2023-10-30';
