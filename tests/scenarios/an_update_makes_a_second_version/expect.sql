select 'versions of order 1' as wrong where (select count(*) from history_sales_order where sales_order_id = 1) <> 2;
select 'versions of order 2' as wrong where (select count(*) from history_sales_order where sales_order_id = 2) <> 2;
select 'versions of order 3' as wrong where (select count(*) from history_sales_order where sales_order_id = 3) <> 1;
select 'the old number is not in the history' as wrong
where not exists (select from history_sales_order where sales_order_id = 1 and units_sold <> 4242 and not is_current);
select 'the new number is not current' as wrong
where (select units_sold from current_sales_order where sales_order_id = 1) is distinct from 4242;
select 'the validity of the two versions does not meet' as wrong
from history_sales_order as old
join history_sales_order as new using (sales_order_id)
where sales_order_id in (1, 2) and not old.is_current and new.is_current and old.valid_to is distinct from new.valid_from;
