update sales_order set units_sold = 2222, last_updated = last_updated + interval '1 day' where sales_order_id = 1;
update sales_order set units_sold = 2222 where sales_order_id = 2;
