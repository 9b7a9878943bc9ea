update purchase_order set agreed_delivery_date = '2099-12-31' where purchase_order_id = 1;
