update purchase_order set item_code = '1E10001' where purchase_order_id = 1;
