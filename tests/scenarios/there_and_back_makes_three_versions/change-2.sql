update sales_order set units_sold = 1111, last_updated = last_updated + interval '1 day' where sales_order_id = 1;
update sales_order set units_sold = 1111 where sales_order_id = 2;
