update sales_order set units_sold = 4242, last_updated = last_updated + interval '1 day' where sales_order_id = 1;
update sales_order set staff_id = case staff_id when 1 then 2 else 1 end where sales_order_id = 2;
