-- Statement 16: A, B, A again are three versions, with and without a moving last_updated.
update sales_order set units_sold = 1111 where sales_order_id in (1, 2);
